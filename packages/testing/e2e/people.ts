import { REVIEW_STATES, TERMINAL_STATES } from '@countersign/domain';
import { expect } from '@jest/globals';

import { waitFor, type TestInstallation } from '../src/index.js';
import { ask } from './gateway.js';

const ENDS: readonly string[] = TERMINAL_STATES;
/** Where a request stays until a person decides, or for good. */
const STAYS: readonly string[] = [...REVIEW_STATES, ...ENDS];
const LOOK_MS = 300;

export type GateRow = {
  readonly name: string;
  readonly state: string;
  readonly digest: string;
  readonly revision: number;
  readonly account: string | null;
};

/** The maintainer and the reviewer, and `others` where they have something to do. */
export async function signIn(app: TestInstallation, ...others: readonly ('admin' | 'observer')[]): Promise<void> {
  const signInOne = async (person: string): Promise<void> => {
    const { code, stderr } = await app.cli(person, 'login', '--as', person);
    if (code !== 0) throw new Error(`login --as ${person}: ${stderr}`);
  };
  await Promise.all(['maintainer', 'reviewer', ...others].map(signInOne));
}

/** The maintainer asks, so that the reviewer may decide. */
export async function createRequest(app: TestInstallation, project: string, title: string, body = ''): Promise<string> {
  const args = ['request', 'create', '--project', project, '--title', title, ...(body === '' ? [] : ['--body', body])];
  const { code, json, stderr } = await app.cli('maintainer', ...args);
  if (code !== 0) throw new Error(`request create: ${stderr}`);
  return String(json['id']);
}

/** Until the request is there. Where it stays is asked over plain HTTP: a command for each wait is much of a suite's time. */
export async function waitState(app: TestInstallation, id: string, state: string, timeoutS = 120): Promise<void> {
  try {
    await (STAYS.includes(state) ? looked(app, id, state, timeoutS) : followed(app, id, state, timeoutS));
  } catch (error) {
    const shown = await app.cli('reviewer', 'request', 'show', id);
    throw new Error(`${String(error)}\n${JSON.stringify(shown.json, null, 1).slice(0, 6000)} ${shown.stderr}\n${app.output().slice(-4000)}`);
  }
}

async function looked(app: TestInstallation, id: string, state: string, timeoutS: number): Promise<void> {
  let now: string | undefined;
  const isThere = async (): Promise<boolean> => {
    // The installation may be on its way down or up again.
    const { data } = await ask(app, 'reviewer', 'query ($id: ID!) { request(id: $id) { state } }', { id }).catch(() => ({ data: undefined }));
    now = (data?.['request'] as { readonly state: string } | undefined)?.state ?? now;
    if (now !== undefined && now !== state && ENDS.includes(now)) throw new Error(`${id} ended as ${now}, and not as ${state}`);
    return now === state;
  };
  await waitFor(isThere, timeoutS * 1000, () => `${id} is ${now} and not ${state}`, LOOK_MS);
}

/** Through what it passes in a moment, too; of several, with commas between, the first. */
async function followed(app: TestInstallation, id: string, state: string, timeoutS: number): Promise<void> {
  const { code, json, stderr } = await app.cli('reviewer', 'request', 'wait', id, '--for', state, '--timeout', String(timeoutS));
  if (code !== 0) throw new Error(`${id} is not ${state} (exit ${code}): ${JSON.stringify(json)} ${stderr}`);
}

export async function gateOf(app: TestInstallation, id: string, name: string): Promise<GateRow> {
  const { data, refusal } = await ask(app, 'reviewer', 'query ($id: ID!) { request(id: $id) { gates { name state digest revision account } } }', { id });
  const gate = (data?.['request'] as { readonly gates: readonly GateRow[] } | undefined)?.gates.find((row) => row.name === name);
  if (!gate) throw new Error(`${id} has no gate ${name} (${refusal})`);
  return gate;
}

/** Approves exactly what the gate shows now. */
export async function approve(app: TestInstallation, id: string, gate: string, person = 'reviewer'): Promise<void> {
  const { digest } = await gateOf(app, id, gate);
  const { data, refusal } = await ask(app, person, 'mutation ($input: DecideInput!) { decide(input: $input) { outcome code } }', { input: { id, gate, digest, verdict: 'approve' } });
  expect([refusal, data?.['decide']]).toEqual([undefined, { outcome: expect.stringMatching(/recorded|pending/), code: null }]);
}
