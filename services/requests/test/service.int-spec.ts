import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { projectsRpc, requestsRpc } from '@countersign/contracts';
import { type Caller, createLogger, RPC_METHOD, Rpc, RpcClient, type RpcHandlerMetadata, type RpcServer, startRpcServer, TokenVerifier } from '@countersign/platform';
import { type TestIssuer, testIssuer, testServiceTokens } from '@countersign/platform/testing';
import { Controller, Module } from '@nestjs/common';

import { type RequestsService, startRequestsService } from '../src/index.js';
import { aPerson, aProject, FakeProjects } from '../src/testing/projects.fake.js';
import { ActivityController } from '../src/rpc/activity.controller.js';
import { DocumentsController } from '../src/rpc/documents.controller.js';
import { IntegrityController } from '../src/rpc/integrity.controller.js';
import { LiveController } from '../src/rpc/live.controller.js';
import { RequestsController } from '../src/rpc/requests.controller.js';
import { type Harness, harness } from './harness.js';

const people = new FakeProjects();

@Controller()
class FakeProjectsController {
  @Rpc(projectsRpc, 'people.viewer')
  async viewer(_caller: Caller, { issuer, subject }: { issuer: string; subject: string }) {
    const found = await people.viewer(issuer, subject);
    return found && { ...found, grants: [...found.grants] };
  }

  @Rpc(projectsRpc, 'people.byIds')
  async byIds(_caller: Caller, { tenantId, ids }: { tenantId: string; ids: string[] }) {
    return (await people.people(tenantId, ids)).map((one) => ({ ...one, grants: [...one.grants] }));
  }

  @Rpc(projectsRpc, 'projects.named')
  named(_caller: Caller, { tenantId, name }: { tenantId: string; name: string }) {
    return people.projectNamed(tenantId, name);
  }

  @Rpc(projectsRpc, 'projects.forService')
  forService(_caller: Caller, { tenantId, id }: { tenantId: string; id: string }) {
    return people.project(tenantId, id);
  }
}

@Module({ controllers: [FakeProjectsController] })
class FakeProjectsModule {}

describe('startRequestsService', () => {
  let h: Harness;
  let dir: string;
  let issuer: TestIssuer;
  let projects: RpcServer;
  let service: RequestsService;
  let client: RpcClient<typeof requestsRpc>;
  const logger = createLogger('test', 'silent');

  beforeAll(async () => {
    h = await harness();
    dir = await mkdtemp(join(tmpdir(), 'countersign-requests-'));
    issuer = await testIssuer();
    people.setProject(aProject());
    people.add(aPerson('reviewer', { issuer: issuer.issuer }));
    const keys = testServiceTokens(dir);
    const verifier = (audience: string) =>
      new TokenVerifier({ audience, issuer: issuer.issuer, jwksUri: issuer.jwksUri, apiAudience: issuer.apiAudience, serviceKeysDir: dir });
    projects = await startRpcServer({ module: FakeProjectsModule, port: 0, verifier: verifier('projects'), logger });
    service = await startRequestsService({
      postgres: { url: h.serviceUrl, ownerUrl: h.ownerUrl },
      rpc: { host: '127.0.0.1', port: 0 },
      projects,
      // Nothing answers here: the service starts all the same, and nothing is lost.
      temporal: { address: '127.0.0.1:9', namespace: 'default' },
      tokens: await keys.as('requests'),
      verifier: verifier('requests'),
      artifactsDir: join(dir, 'artifacts'),
      logsDir: join(dir, 'logs'),
      keysDir: h.keysDir,
      log: { postgres: { url: h.logUrl, ownerUrl: h.ownerUrl }, origin: 'countersign.test', exportsDir: join(dir, 'exports') },
      logger,
    });
    client = new RpcClient(requestsRpc, service);
  }, 60_000);

  afterAll(async () => {
    client.close();
    await service.close();
    await projects.close();
    await issuer.close();
    await h.close();
    await rm(dir, { recursive: true, force: true });
  }, 60_000);

  it('has a handler for every method of its contract', () => {
    const named = [RequestsController, DocumentsController, ActivityController, LiveController, IntegrityController].flatMap(({ prototype }) =>
      Object.getOwnPropertyNames(prototype).flatMap((name) => {
        const metadata = Reflect.getMetadata(RPC_METHOD, Reflect.get(prototype, name) as object) as RpcHandlerMetadata | undefined;
        return metadata ? [metadata.name] : [];
      }),
    );
    expect(named.sort()).toEqual(Object.keys(requestsRpc).sort());
  });

  it('takes a request over RPC while Temporal is away and keeps its start', async () => {
    const token = await issuer.tokenFor({ subject: 'reviewer' });
    const { id } = await client.call('requests.create', { project: 'sample', title: 'Rename a', body: 'rename a to b' }, token);
    const detail = await client.call('requests.get', { id }, token);
    expect(detail).toMatchObject({ state: 'RECEIVED', gates: [{ name: 'spec', state: 'waiting' }, {}, {}, {}] });
    expect((await client.call('requests.list', {}, token)).items).toMatchObject([{ id }]);
    expect((await client.call('requests.audit', { id }, token)).items).toMatchObject([{ type: 'created', actor: 'reviewer' }]);
    expect(await client.call('requests.log', { id }, token)).toEqual({ text: '', next: 0, ended: false });
    expect(await h.store.read.outbox.undelivered(id)).toMatchObject([{ kind: 'start' }]);
    await expect(client.call('requests.create', { project: 'nope', title: 'x', body: '' }, token)).rejects.toMatchObject({ code: 'NOT_FOUND', field: 'project' });
  });

  it('lets people nowhere near what activities may do, nor strangers anywhere', async () => {
    const token = await issuer.tokenFor({ subject: 'reviewer' });
    await expect(client.call('activity.isOver', { requestId: 'x' }, token)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(client.call('requests.inbox', {}, await issuer.tokenFor({ subject: 'stranger' }))).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(client.call('requests.inbox', {}, 'junk')).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });
});
