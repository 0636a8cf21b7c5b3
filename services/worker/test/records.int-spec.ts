import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { requestsRpc } from '@countersign/contracts';
import { checkEffect, NO_USAGE } from '@countersign/domain';
import { createLogger, RpcClient, type RpcServer, rpcWithServiceToken, startRpcServer, TokenVerifier } from '@countersign/platform';
import { testServiceTokens } from '@countersign/platform/testing';
import { aBriefing } from '@countersign/workflow-contracts/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { PinnedKeys } from '../src/evidence/pinned-keys.js';
import { RpcApprovalEvidence } from '../src/evidence/rpc-approval-evidence.adapter.js';
import { RpcRequestRecords } from '../src/records/rpc-request-records.adapter.js';
import { DIGEST } from '../src/testing/signed-evidence.fake.js';
import { asked, FakeRequestsModule, TEST_KEYS } from './requests.fake.js';

const run = { workflowId: 'request-r1', runId: 'run-1' };
let dir: string;
let server: RpcServer;
let client: RpcClient<typeof requestsRpc>;
let records: RpcRequestRecords;
let evidence: RpcApprovalEvidence;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'records-'));
  const tokens = await testServiceTokens(dir).as('worker');
  const verifier = new TokenVerifier({ issuer: 'http://nobody', jwksUri: 'http://127.0.0.1:1/', apiAudience: 'x', audience: 'requests', serviceKeysDir: dir });
  server = await startRpcServer({ module: FakeRequestsModule, port: 0, verifier, logger: createLogger('requests', 'silent') });
  client = new RpcClient(requestsRpc, { host: '127.0.0.1', port: server.port });
  const requests = rpcWithServiceToken(client, tokens, 'requests');
  records = new RpcRequestRecords(requests);
  const seen = { highest: () => Promise.resolve(0), raise: () => Promise.resolve() };
  evidence = new RpcApprovalEvidence(requests, new PinnedKeys(TEST_KEYS.root.raw, seen));
});
afterAll(async () => {
  client.close();
  await server.close();
  await rm(dir, { recursive: true });
});
beforeEach(() => {
  asked.calls.length = 0;
});

describe('the records over RPC', () => {
  it('carry request and run with each fenced call, spoken by the worker', async () => {
    await expect(records.briefing('r1', run)).resolves.toEqual(aBriefing());
    await expect(records.putFact('r1', run, { kind: 'cannot', key: 'k', data: { code: 'MODEL_CANNOT', message: 'no', understood: [] } })).resolves.toEqual({ id: 'f1' });
    await expect(records.feedback('r1', run, ['a', 'b'])).resolves.toEqual(['text of a', 'text of b']);
    await expect(records.addUsage('r1', run, 'k', NO_USAGE)).resolves.toEqual(NO_USAGE);
    await expect(records.noteWaiting('r1', run, null)).resolves.toBeUndefined();
    const read = await evidence.read('r1', run);
    expect(checkEffect('vcs.merge', read, { digest: DIGEST })).toBeUndefined();
    expect(asked.calls.map(({ name, by }) => `${name} by ${by}`)).toEqual([
      'briefing by worker',
      'putFact by worker',
      'feedback by worker',
      'addUsage by worker',
      'noteWaiting by worker',
      'evidence by worker',
    ]);
    for (const { input } of asked.calls) expect(input).toMatchObject({ requestId: 'r1', run });
    expect(asked.calls[1]?.input).toMatchObject({ kind: 'cannot', key: 'k', artifacts: [] });
  });

  it('tell a fact that is not there from one that is', async () => {
    await expect(records.getFact('r1', run, 'plan', 'f9')).resolves.toBeUndefined();
    await expect(records.latestFact('r1', run, 'base')).resolves.toMatchObject({ id: 'f1', kind: 'base', data: { baseCommit: 'a' } });
  });
});
