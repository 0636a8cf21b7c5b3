import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

import type { CheckResult, Facts, ProjectSettings } from '@countersign/domain';
import { sha256Hex } from '@countersign/domain/digest';
import { someSettings } from '@countersign/domain/testing';
import { egressBrokers } from '@countersign/egress';
import { TreeCache } from '@countersign/git';
import type { aGit } from '@countersign/git/testing';
import { BubblewrapSandboxAdapter, DockerSandboxAdapter, type SandboxPort } from '@countersign/sandbox';
import { aBriefing, fakeRequestRecords } from '@countersign/workflow-contracts/testing';

import { DEFAULT_CHECK_LIMITS, DependencyCache, diskWorkspaces, sandboxActivities } from '../src/index.js';

const RUN = { workflowId: 'request-r1', runId: 'run-1' };

export type Adapter = { readonly sandbox: SandboxPort; readonly image: string };

export function dockerOf(installation: string): Adapter {
  const image = process.env['COUNTERSIGN_SANDBOX_IMAGE'] ?? '';
  const host = process.env['DOCKER_HOST'];
  if (image === '') throw new Error('COUNTERSIGN_SANDBOX_IMAGE is not set: this suite has to run with the global setup of packages/testing.');
  return { image, sandbox: new DockerSandboxAdapter({ installation: `${installation}-${process.pid}`, ...(host && { host }) }) };
}

/** Installs the program and unpacks the image where a machine has neither. */
export function bubblewrapOf(dir: string): Adapter {
  const script = join(__dirname, '../../../scripts/provision-bubblewrap.mjs');
  const answer = JSON.parse(execFileSync(process.execPath, [script], { encoding: 'utf8' }).trim().split('\n').at(-1) ?? '') as { ok: boolean; image: string; where: string; tree?: string; fix?: string };
  if (!answer.ok) throw new Error(`There is no bubblewrap to test: ${answer.fix}`);
  const { image, where, tree } = answer;
  return { image, sandbox: new BubblewrapSandboxAdapter({ stateDir: join(dir, 'state'), image, program: where, ...(tree !== undefined && { root: tree }) }) };
}

export type Checked = {
  readonly verdict: string;
  readonly results: readonly CheckResult[];
  /** Which setups were run: names of their logs. */
  readonly ran: readonly string[];
  /** What was printed, by `check-setup`, `check-base-test` and so on. */
  readonly printed: Readonly<Record<string, string>>;
};

export type Bench = Awaited<ReturnType<typeof aGit>> & {
  readonly adapter: Adapter;
  /** Of a project whose bare repository is `source/.git`. */
  readonly settings: Partial<ProjectSettings>;
  readonly maxBytes?: number;
  readonly projectId?: string;
};

/** One request of its own: a check of `head` as a change of `base`. */
export async function checkOn({ git, dir, adapter, settings, maxBytes = 1e9, projectId }: Bench, head: string, base: string): Promise<Checked> {
  const brief = aBriefing();
  const project = { ...brief.project, ...(projectId !== undefined && { id: projectId }), bare: join(dir, 'source', '.git'), settings: someSettings(settings) };
  const records = fakeRequestRecords({ ...brief, project });
  const diff = { sha256: 'c'.repeat(64), bytes: 1, name: 'patch', mediaType: 'text/x-diff' };
  const data = { attempt: 1, baseCommit: base, headCommit: head, tree: head, steps: 1, diff, files: [], limitsNotEnforced: [] };
  const { id: executionId } = await records.putFact('r1', RUN, { kind: 'execution', key: 'execution', data });
  const logs = new Map<string, string>();
  const activities = sandboxActivities({
    records,
    sandbox: adapter.sandbox,
    egress: egressBrokers({ dir: join(dir, 'egress'), credentialsFile: join(dir, 'egress.json'), privateHosts: [] }),
    workspaces: diskWorkspaces({ git, dataDir: join(dir, 'data') }),
    artifacts: {
      put: async (bytes, about) => {
        logs.set(about.name.replace(/\.log$/, ''), Buffer.from(bytes).toString());
        return { sha256: sha256Hex(bytes), bytes: bytes.length, ...about };
      },
    },
    log: () => ({ append: async () => undefined }),
    redact: (text) => text,
    dependencies: new DependencyCache(new TreeCache({ dir: join(dir, 'dependencies'), maxBytes, minBytes: 0 })),
    images: { imageOf: async () => adapter.image },
    limits: { ...DEFAULT_CHECK_LIMITS, commandTimeoutMs: 120_000 },
    run: () => RUN,
    signal: () => undefined,
    heartbeat: () => undefined,
  });
  const { factId, verdict } = await activities.check({ requestId: 'r1', executionId });
  const fact = records.facts.find(({ id }) => id === factId)?.data as Facts['checks'];
  return { verdict, results: fact.results, ran: [...logs.keys()].filter((name) => name.endsWith('-setup')), printed: Object.fromEntries(logs) };
}
