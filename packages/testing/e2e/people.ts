import { expect } from '@jest/globals';

import type { TestInstallation } from '../src/index.js';

export type GateRow = {
  readonly name: string;
  readonly state: string;
  readonly digest: string;
  readonly revision: number;
  readonly account: string | null;
};

const PEOPLE = ['admin', 'maintainer', 'reviewer', 'observer'] as const;

export async function signIn(app: TestInstallation): Promise<void> {
  for (const person of PEOPLE) {
    const { code, stderr } = await app.cli(person, 'login', '--as', person);
    if (code !== 0) throw new Error(`login --as ${person}: ${stderr}`);
  }
}

/** The maintainer asks, so that the reviewer may decide. */
export async function createRequest(app: TestInstallation, project: string, title: string, body = ''): Promise<string> {
  const args = ['request', 'create', '--project', project, '--title', title, ...(body === '' ? [] : ['--body', body])];
  const { code, json, stderr } = await app.cli('maintainer', ...args);
  if (code !== 0) throw new Error(`request create: ${stderr}`);
  return String(json['id']);
}

export async function waitState(app: TestInstallation, id: string, state: string, timeoutS = 120): Promise<void> {
  const { code, json, stderr } = await app.cli('reviewer', 'request', 'wait', id, '--for', state, '--timeout', String(timeoutS));
  if (code === 0) return;
  const shown = await app.cli('reviewer', 'request', 'show', id);
  throw new Error(`${id} is not ${state} (exit ${code}): ${JSON.stringify(json)} ${stderr}\n${JSON.stringify(shown.json, null, 1).slice(0, 6000)}\n${app.output().slice(-4000)}`);
}

export async function gateOf(app: TestInstallation, id: string, name: string): Promise<GateRow> {
  const { json } = await app.cli('reviewer', 'request', 'show', id);
  const gate = (json['gates'] as readonly GateRow[] | undefined)?.find((row) => row.name === name);
  if (!gate) throw new Error(`${id} has no gate ${name}`);
  return gate;
}

/** Approves exactly what the gate shows now. */
export async function approve(app: TestInstallation, id: string, gate: string, person = 'reviewer'): Promise<void> {
  const { digest } = await gateOf(app, id, gate);
  const answer = await app.cli(person, 'approve', id, '--gate', gate, '--digest', digest);
  expect([answer.code, answer.stderr, answer.json['outcome']]).toEqual([0, expect.anything(), expect.stringMatching(/recorded|pending/)]);
}
