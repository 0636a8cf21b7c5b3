import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import { git, waitFor, type TestInstallation } from '../src/index.js';
import { sql } from './superuser.js';

const CLEAN_TIMEOUT_MS = 60_000;

export type JournalRow = { readonly run_key: string; readonly step: number; readonly answer: string | null; readonly record: string | null };
export type Journal = { readonly steps: readonly JournalRow[]; readonly leases: readonly { readonly run_key: string; readonly epoch: number }[] };

/** The worker's journal of a request's executions, read with nothing of ours. */
export async function journalOf(app: TestInstallation, requestId: string): Promise<Journal> {
  const of = `WHERE request_id = $1 AND run_key LIKE 'execute/%' ORDER BY run_key`;
  return {
    steps: await sql<JournalRow>(app, `SELECT run_key, step, answer, record FROM worker.journal_step ${of}, step`, [requestId]),
    leases: await sql<Journal['leases'][number]>(app, `SELECT run_key, epoch FROM worker.journal_lease ${of}`, [requestId]),
  };
}

/** How often the running log says that a step was made. */
export async function timesMade(app: TestInstallation, requestId: string, step: number): Promise<number> {
  const { json } = await app.cli('reviewer', 'logs', requestId);
  return String(json['text']).split('\n').filter((line) => line.includes(`step ${step}/`)).length;
}

export function containersOf(app: TestInstallation): readonly string[] {
  const label = `label=dev.countersign.installation=${app.state().instanceId}`;
  return execFileSync('docker', ['ps', '-aq', '--filter', label], { encoding: 'utf8' }).split('\n').filter(Boolean);
}

export function workspacesOf(app: TestInstallation): readonly string[] {
  const dir = join(app.dataDir, 'workspaces');
  return existsSync(dir) ? readdirSync(dir) : [];
}

export async function waitUntilClean(app: TestInstallation): Promise<void> {
  const left = (): readonly string[] => [...containersOf(app), ...workspacesOf(app)];
  await waitFor(() => left().length === 0, CLEAN_TIMEOUT_MS, () => `left: ${left().join(' ')}`);
}

export function mergeRequestsOf(bare: string): readonly string[] {
  return git(bare, 'for-each-ref', '--format=%(refname)', 'refs/merge-requests/*/head').split('\n').filter(Boolean);
}

export function branchesOf(bare: string): readonly string[] {
  return git(bare, 'for-each-ref', '--format=%(refname)', 'refs/heads/countersign/').split('\n').filter(Boolean);
}

export function mergesSince(bare: string, commit: string): number {
  return Number(git(bare, 'rev-list', '--merges', '--count', `${commit}..main`));
}
