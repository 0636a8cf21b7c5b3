import { createHmac, createPrivateKey, createPublicKey, type JsonWebKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';

import { createLogger, type RpcServer, startRpcServer, type TokenVerifier } from '@countersign/platform';

import { GATEWAY_GUARDS, type GatewayGuards } from '../../../gateway/src/guards.js';
import { type TestGateway, testGateway } from '../../../gateway/test/gateway.fixture.js';
import { AuditService } from '../../../services/requests/src/audit/audit.service.js';
import { DecideService } from '../../../services/requests/src/decision/decide.service.js';
import { RepairService } from '../../../services/requests/src/repair/repair.service.js';
import { RequestService } from '../../../services/requests/src/request/request.service.js';
import { RequestsController } from '../../../services/requests/src/rpc/requests.controller.js';
import type { Harness } from '../../../services/requests/test/harness.js';
import { WordService } from '../../../services/requests/src/word/word.service.js';
import { atPlanReview } from './votes.js';
import type { Project, World } from './world.js';

const projects = new WeakMap<World, Promise<Project>>();

/** A request at its plan gate, in one project for all rows that attack from outside: none of them changes it. */
export async function edgeReview(world: World): Promise<string> {
  const project = projects.get(world) ?? world.project('edge');
  projects.set(world, project);
  return atPlanReview(world, await project);
}

/** What the gateway's counter says now; at `GET /metrics`, as a collector on this machine reads it. */
export async function refusals(world: World, place: string, code: string): Promise<number> {
  const text = await (await fetch(`${world.gateway}/metrics`)).text();
  if (!text.startsWith('# HELP countersign_refused_calls_total')) throw new Error(`The gateway's metrics are ${text}`);
  return Number(new RegExp(`^countersign_refused_calls_total\\{place="${place}",code="${code}"\\} (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
}

/**
 * By how much a counter grew, where it is by `least` or more: what other rows are refused at the same time is counted
 * with it, so less is too little and more proves nothing against it.
 */
export async function grewBy(world: World, place: string, code: string, before: number, least: number): Promise<number> {
  const grown = (await refusals(world, place, code)) - before;
  return grown >= least ? grown : 0;
}

/** How many votes of people are stored for a request. */
export async function votesOn(world: World, id: string): Promise<number> {
  const [row] = await world.sql<{ count: string }>("SELECT count(*) FROM requests.decision WHERE request_id = $1 AND actor_kind = 'person'", [id]);
  return Number(row?.count ?? 0);
}

/** The same in a harness. */
export async function votesIn(h: Harness, id: string): Promise<number> {
  const [row] = await h.asOwner<{ count: string }>("SELECT count(*) FROM requests.decision WHERE request_id = $1 AND actor_kind = 'person'", [id]);
  return Number(row?.count ?? 0);
}

const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Made of a good token: the same claims with no signature, and signed with the public key as if it were a password. */
export function forgedFrom(good: string, publicKeyPem: string): readonly string[] {
  const [header = '', claims = ''] = good.split('.');
  const over = JSON.parse(Buffer.from(header, 'base64url').toString()) as object;
  const none = `${encoded({ ...over, alg: 'none' })}.${claims}.`;
  const input = `${encoded({ ...over, alg: 'HS256' })}.${claims}`;
  return [none, `${input}.${createHmac('sha256', publicKeyPem).update(input).digest('base64url')}`];
}

/** The public key of the installation's issuer, as everybody can read it. */
export function issuerKeyPem({ app }: World): string {
  const { signingKey } = JSON.parse(readFileSync(join(app.dataDir, 'identity/identity-secrets.json'), 'utf8')) as { signingKey: JsonWebKey };
  return createPublicKey(createPrivateKey({ key: signingKey, format: 'jwk' })).export({ type: 'spki', format: 'pem' }).toString();
}

export type Reply = { readonly ok?: boolean; readonly error?: { readonly code: string }; readonly output?: { readonly outcome?: string; readonly decisionId?: string | null } };

/** One message as Nest's TCP transport frames it, with nothing of our client; answers what came back. */
export function speak(address: string, pattern: string, data: object): Promise<Reply> {
  const [host = '', port = ''] = address.split(':');
  const json = JSON.stringify({ pattern, data, id: '1' });
  return new Promise((resolve, reject) => {
    const socket = createConnection(Number(port), host, () => socket.write(`${json.length}#${json}`));
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString();
      const [length = ''] = text.split('#', 1);
      if (text.length < length.length + 1 + Number(length)) return;
      socket.end();
      resolve((JSON.parse(text.slice(length.length + 1)) as { readonly response: Reply }).response);
    });
    socket.on('error', reject);
    socket.on('close', () => reject(new Error(`${address} hung up on ${pattern}: ${text}`)));
  });
}

class PeopleModule {}

/** The RPC port for what people say, over the real services of a harness and its real Postgres. */
export function rpcOf(h: Harness, guard: { readonly verifier: Pick<TokenVerifier, 'verify'>; readonly callerOf?: Parameters<typeof startRpcServer>[0]['callerOf'] }): Promise<RpcServer> {
  const { verifier, callerOf } = guard;
  const providers = [
    { provide: RequestService, useValue: h.requests },
    { provide: DecideService, useValue: h.decisions },
    { provide: WordService, useValue: h.words },
    { provide: RepairService, useValue: h.repairs },
    { provide: AuditService, useValue: h.trail },
  ];
  const module = { module: PeopleModule, controllers: [RequestsController], providers };
  return startRpcServer({ module, port: 0, verifier, logger: createLogger('test', 'silent'), ...(callerOf && { callerOf }) });
}

/** A gateway with these guards, whose `decide` is that of a harness with its real Postgres. */
export async function gatewayOver(h: Harness, guards: Partial<GatewayGuards>): Promise<TestGateway> {
  const gateway = await testGateway({ guards: { ...GATEWAY_GUARDS, ...guards } });
  gateway.requests.answers['requests.decide'] = (input, credential) => h.decisions.decide(h.as(subjectOf(credential)), input);
  return gateway;
}

function subjectOf(token: string): string {
  return (JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { readonly sub: string }).sub;
}
