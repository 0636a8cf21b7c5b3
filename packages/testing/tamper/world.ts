import { createPrivateKey, randomUUID, sign, type JsonWebKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { Client, Connection } from '@temporalio/client';
import pg from 'pg';

import { post, tokenOf, type Answer } from '../e2e/gateway.js';
import { signIn } from '../e2e/people.js';
import { superuserUrl } from '../e2e/superuser.js';
import { sampleRepository, testInstallation, waitFor, type TestInstallation } from '../src/index.js';

const STATE_TIMEOUT_MS = 150_000;
/** The sample has so many files to change, one for each request. */
const PARTS = 212;

export type Person = { readonly id: string; readonly name: string; readonly token: string };
export type Project = { readonly id: string; readonly name: string; readonly bare: string };
export type GateNow = { readonly revision: number; readonly digest: string; readonly state: string };
/** An audit entry with what its payload says: of `{salt, text, …}` everything, of an envelope the envelope. */
export type Entry = { readonly type: string; readonly actor: string | undefined; readonly payload: Readonly<Record<string, unknown>> };
export type Verdict = 'approve' | 'reject' | 'request-changes';
/** `outcome`, or `refused` with the code of a GraphQL error. */
export type Decided = { readonly outcome: string; readonly code: string | null; readonly decisionId: string | null };

type Role = 'admin' | 'maintainer' | 'reviewer' | 'observer';
const ROLES: readonly Role[] = ['admin', 'maintainer', 'reviewer', 'observer'];

/** One installation with people, projects and requests, spoken to as a client, an operator or a superuser would. */
export class World {
  private parts = 0;

  private constructor(
    readonly app: TestInstallation,
    readonly people: Readonly<Record<Role, Person>>,
    readonly source: string,
    /** Of Temporal, as any program that can reach it. */
    readonly temporal: Client,
    private readonly database: pg.Pool,
    private readonly settings: Readonly<Record<string, string>>,
  ) {}

  static async open(more: Readonly<Record<string, string>>): Promise<World> {
    const app = await testInstallation(process.cwd());
    const source = sampleRepository(join(app.reposDir, 'sample'));
    // Every row speaks as the same few people, all at once.
    const settings = { COUNTERSIGN_MAX_EXECUTIONS: '4', ...more };
    await app.start(settings);
    await signIn(app, 'admin', 'observer');
    // Kept: all rows ask all the time, and a connection costs the server more than an answer.
    const database = new pg.Pool({ connectionString: superuserUrl(app), max: 8 });
    // One that a stop of the server ended is replaced at the next question.
    database.on('error', () => undefined);
    const { rows: ids } = await database.query<{ id: string; subject: string }>('SELECT id, subject FROM projects.person');
    const people = Object.fromEntries(ROLES.map((name) => [name, { id: ids.find(({ subject }) => subject === name)?.id ?? '', name, token: tokenOf(app, name) }]));
    const connection = await Connection.connect({ address: app.state().addresses['temporal'] ?? '' });
    return new World(app, people as Record<Role, Person>, source, new Client({ connection }), database, settings);
  }

  /** Once more, after it was stopped or killed, as it was opened. */
  start(more: Readonly<Record<string, string>> = {}): Promise<void> {
    return this.app.start({ ...this.settings, ...more });
  }

  async close(): Promise<void> {
    await this.temporal.connection.close();
    await this.database.end();
    await this.app.stop();
    this.app.remove();
  }

  get gateway(): string {
    return this.app.state().addresses['gateway'] ?? '';
  }

  ask(person: Person, query: string, variables: object = {}, headers: Record<string, string> = {}): Promise<Answer> {
    return post(this.app, person.token, { query, variables }, headers);
  }

  /** What the database really holds, as a superuser. */
  async sql<Row extends object>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    return (await this.database.query<Row>(text, [...values])).rows;
  }

  /** Somebody of a row's own, with the role everywhere, so that what is done to them concerns no other row. */
  async person(name: string, role?: Role): Promise<Person> {
    const subject = `${name}-${randomUUID().slice(0, 8)}`;
    const id = randomUUID();
    const issuer = this.app.state().addresses['issuer'] ?? '';
    await this.sql(
      `INSERT INTO projects.person (id, tenant_id, issuer, subject, name, active, created_at)
       SELECT $1, tenant_id, $2, $3, $4, true, now() FROM projects.person WHERE id = $5`,
      [id, issuer, subject, name, this.people.admin.id],
    );
    if (role) must(await this.ask(this.people.admin, 'mutation ($input: RoleInput!) { grantRole(input: $input) { id } }', { input: { person: id, role } }));
    return { id, name, token: this.tokenFor(subject) };
  }

  /** A token as the installation's own issuer would give it: people of a row's own have no password. */
  tokenFor(subject: string, claims: Readonly<Record<string, unknown>> = {}): string {
    const { signingKey } = JSON.parse(readFileSync(join(this.app.dataDir, 'identity/identity-secrets.json'), 'utf8')) as { signingKey: JsonWebKey & { kid: string } };
    const now = Math.floor(Date.now() / 1000);
    const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const payload = { iss: this.app.state().addresses['issuer'], sub: subject, aud: 'urn:countersign:api', client_id: 'cli', iat: now, exp: now + 800, jti: randomUUID(), ...claims };
    const input = `${encoded({ alg: 'ES256', typ: 'at+jwt', kid: signingKey.kid })}.${encoded(payload)}`;
    const key = createPrivateKey({ key: signingKey, format: 'jwk' });
    return `${input}.${sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
  }

  /** A project of a row's own on the sample repository. Its tests are `true`, so that policy passes the diff gate. */
  async project(name: string, settings: Readonly<Record<string, unknown>> = {}, over: Readonly<Record<string, unknown>> = {}): Promise<Project> {
    const unique = `${name}-${randomUUID().slice(0, 6)}`;
    const input = { name: unique, repo: this.source, settings: { testCommand: 'true', ...settings }, ...over };
    must(await this.ask(this.people.maintainer, 'mutation ($input: AddProjectInput!) { addProject(input: $input) { id } }', { input }));
    // Polled here and not through the gateway, which counts how often somebody asks.
    const isReady = async (): Promise<boolean> => {
      const [row] = await this.sql<{ state: string; message: string | null }>('SELECT import_state AS state, import_message AS message FROM projects.project WHERE name = $1', [unique]);
      if (row?.state === 'failed') throw new Error(`${unique}: ${row.message}`);
      return row?.state === 'ready';
    };
    await waitFor(isReady, STATE_TIMEOUT_MS);
    const { project } = must(await this.ask(this.people.maintainer, 'query ($name: String!) { project(name: $name) { id bare } }', { name: unique }));
    return { ...(project as { id: string; bare: string }), name: unique };
  }

  /** Changes one number in a file that no other request touches. By the maintainer, so that the reviewer may decide. */
  async request(project: Pick<Project, 'name'>, by: Person = this.people.maintainer): Promise<string> {
    const n = this.parts % PARTS;
    this.parts += 1;
    const data = must(await this.ask(by, 'mutation ($input: CreateRequestInput!) { createRequest(input: $input) { id } }', { input: { project: project.name, title: recipe(n) } }));
    return (data['createRequest'] as { id: string }).id;
  }

  /** Read from the database: no limit of the gateway counts it. */
  async state(id: string): Promise<string> {
    const [row] = await this.sql<{ state: string }>('SELECT state FROM requests.request WHERE id = $1', [id]);
    return row?.state ?? 'none';
  }

  async until(id: string, state: string): Promise<void> {
    let last = '';
    const account = (): string => `${id} is ${last} and not ${state}\n${this.app.output().slice(-3000)}`;
    const ENDED = ['DONE', 'FAILED', 'REJECTED', 'CANCELLED', 'EXPIRED'];
    await waitFor(
      async () => {
        last = await this.state(id);
        if (last !== state && ENDED.includes(last)) throw new Error(account());
        return last === state;
      },
      STATE_TIMEOUT_MS,
      account,
    );
  }

  /** The newest revision of a gate. */
  async gate(id: string, gate: string): Promise<GateNow> {
    const [row] = await this.sql<GateNow>('SELECT revision, digest, state FROM requests.gate_revision WHERE request_id = $1 AND gate = $2 ORDER BY revision DESC LIMIT 1', [id, gate]);
    if (!row) throw new Error(`${id} has no gate ${gate}`);
    return row;
  }

  /** That revision of the gate is open for votes. */
  async untilGate(id: string, gate: string, revision: number): Promise<void> {
    const isOpen = async (): Promise<boolean> => {
      const [row] = await this.sql<{ gate: string | null; revision: number | null }>('SELECT open_gate AS gate, open_revision AS revision FROM requests.request WHERE id = $1', [id]);
      return row?.gate === gate && row.revision === revision;
    };
    await waitFor(isOpen, STATE_TIMEOUT_MS, () => `revision ${revision} of the ${gate} gate of ${id} did not open\n${this.app.output().slice(-3000)}`);
  }

  /** By the real way in; `digest` is that of the open revision where nothing else is said. */
  async decide(person: Person, id: string, gate: string, over: { readonly digest?: string; readonly verdict?: Verdict; readonly reason?: string } = {}): Promise<Decided> {
    const digest = over.digest ?? (await this.gate(id, gate)).digest;
    // The enum of the API has no hyphen.
    const verdict = (over.verdict ?? 'approve').replace('-', '_');
    const reason = over.reason ?? (over.verdict && over.verdict !== 'approve' ? 'because' : null);
    const input = { id, gate, digest, verdict, reason };
    const { data, refusal } = await this.ask(person, 'mutation ($input: DecideInput!) { decide(input: $input) { outcome code decisionId } }', { input });
    return refusal === undefined ? (data?.['decide'] as Decided) : { outcome: 'refused', code: refusal, decisionId: null };
  }

  /** Sends the plan back with a sentence that the offline model plans anew by: the next revision opens. */
  async revise(person: Person, id: string, revision: number): Promise<void> {
    const n = this.parts % PARTS;
    this.parts += 1;
    const { outcome, code } = await this.decide(person, id, 'plan', { verdict: 'request-changes', reason: recipe(n) });
    if (outcome === 'refused') throw new Error(`${id} was not sent back: ${code}`);
    await this.untilGate(id, 'plan', revision + 1);
  }

  /** From a fresh request to its open merge gate. */
  async toMergeReview(project: Pick<Project, 'name'>): Promise<string> {
    const id = await this.request(project);
    await this.until(id, 'PLAN_REVIEW');
    await this.decide(this.people.reviewer, id, 'plan');
    await this.until(id, 'MERGE_REVIEW');
    return id;
  }

  /** The audit entries of a request, oldest first. */
  async entries(id: string): Promise<readonly Entry[]> {
    const rows = await this.sql<{ entry: Buffer; payload: Buffer | null }>(
      `SELECT e.entry, p.payload FROM requests.audit_entry e
       LEFT JOIN requests.audit_payload p ON p.tenant_id = e.tenant_id AND p.sha256 = convert_from(e.entry, 'UTF8')::jsonb->>'payload'
       WHERE e.request_id = $1 ORDER BY e.id`,
      [id],
    );
    return rows.map(({ entry, payload }) => {
      const { type, actor } = JSON.parse(entry.toString()) as Pick<Entry, 'type' | 'actor'>;
      return { type, actor, payload: payload ? (JSON.parse(payload.toString()) as Entry['payload']) : {} };
    });
  }

  /** The entry that a refusal or a drop left, awaited: some are written after the answer. */
  async left(id: string, type: string, code: string): Promise<Entry> {
    let found: Entry | undefined;
    await waitFor(
      async () => (found = (await this.entries(id)).findLast((entry) => entry.type === type && entry.payload['code'] === code)) !== undefined,
      30_000,
      () => `no ${type} ${code} was entered for ${id}`,
    );
    return found as Entry;
  }
}

function recipe(n: number): string {
  return `replace "part${n} = ${n}" with "part${n} = 1${n}" in src/parts/part-${n}.js`;
}

/** What a query answers that is no attack. */
export function must({ data, refusal, text }: Answer): Readonly<Record<string, unknown>> {
  if (refusal !== undefined || !data) throw new Error(`The gateway answers ${text}`);
  return data;
}
