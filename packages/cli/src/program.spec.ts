import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { FakeInstallation, refusal } from '../test/fake-installation.js';

const DIGEST = '9f3a61c2'.repeat(8);
let fake: FakeInstallation;

beforeEach(async () => {
  fake = await FakeInstallation.start();
  fake.answers['{ me {'] = () => ({ data: { me: { subject: 'reviewer', roles: ['reviewer'], tenant: 't1' } } });
  await fake.run(['login', '--as', 'reviewer']);
});
afterEach(() => fake.close());

const profilePath = () => join(fake.dir, 'config', 'countersign', 'default.json');
const mutationOf = (name: string) => fake.operations.find(({ query }) => query.includes(`${name}(`));

describe('signing in', () => {
  it('proves access to the key, prints who it is, and keeps the tokens for the owner alone', async () => {
    const { exit, json } = await fake.run(['login', '--as', 'reviewer', '--json']);
    expect([exit, json()]).toEqual([0, { subject: 'reviewer', roles: ['reviewer'], tenant: 't1' }]);
    expect((await stat(profilePath())).mode & 0o777).toBe(0o600);
    expect((await stat(join(profilePath(), '..'))).mode & 0o777).toBe(0o700);
  });

  it('keeps profiles apart, by option and by environment', async () => {
    expect((await fake.run(['whoami', '--profile', 'other'])).exit).toBe(3);
    expect((await fake.run(['whoami'], { COUNTERSIGN_PROFILE: 'other' })).exit).toBe(3);
    expect((await fake.run(['whoami', '--profile', '../x'])).exit).toBe(2);
  });

  it('is not allowed to who cannot read the key', async () => {
    const { exit, stderr } = await fake.run(['login', '--as', 'admin'], { COUNTERSIGN_DATA_DIR: '/nonexistent', COUNTERSIGN_ISSUER: fake.url });
    expect([exit, stderr]).toEqual([3, expect.stringContaining('operator.jwk')]);
  });

  it('refreshes a token that runs out once for commands that run side by side', async () => {
    fake.pass(890_000);
    const ran = await Promise.all([fake.run(['whoami']), fake.run(['whoami']), fake.run(['whoami'])]);
    expect(ran.map(({ exit }) => exit)).toEqual([0, 0, 0]);
    expect(fake.refreshed).toEqual(['refresh-1']);
    expect(fake.operations.at(-1)?.headers.authorization).toBe('Bearer access-2');
  });

  it('forgets the tokens', async () => {
    expect((await fake.run(['logout', '--json'])).json()).toEqual({ subject: 'reviewer', roles: ['reviewer'], tenant: 't1' });
    expect((await fake.run(['whoami'])).exit).toBe(3);
  });
});

describe('exit codes', () => {
  it.each([
    ['INTERNAL', 1], ['INVALID_INPUT', 2], ['QUERY_TOO_COMPLEX', 2], ['UNAUTHENTICATED', 3], ['FORBIDDEN', 3], ['ROLE_MISSING', 3],
    ['STALE_DIGEST', 4], ['GATE_CLOSED', 4], ['OWN_REQUEST', 4], ['POLICY_DENIED', 4], ['NOT_FOUND', 5], ['RATE_LIMITED', 6],
    ['SERVICE_UNAVAILABLE', 6], ['DEADLINE_EXCEEDED', 6],
  ])('%s ends with %d, and --json names code and field', async (code, exit) => {
    fake.answers['request(id'] = () => refusal(code, 'id');
    const ran = await fake.run(['request', 'show', 'r1', '--json']);
    expect([ran.exit, ran.json()]).toEqual([exit, { error: { code, message: `because ${code}`, field: 'id' } }]);
  });

  it.each([
    [['request', 'show']],
    [['nonsense']],
    [['request', 'list', '--state', 'HAPPY']],
    [['request', 'list', '--limit', '0']],
    [['request', 'wait', 'r1']],
    [['approve', 'r1', '--gate', 'plan']],
    [['approve', 'r1', '--gate', 'plan', '--digest', 'abc']],
    [['approve', 'r1', '--gate', 'door', '--digest', DIGEST]],
    [['reject', 'r1', '--gate', 'plan', '--digest', DIGEST]],
    [['project', 'add', 'x']],
    [['project', 'set', 'x', '--gate', 'plan=maybe']],
    [['role', 'grant', 'ada', 'king']],
    [['budget', 'r1', '--digest', DIGEST]],
    [['budget', 'r1', '--attempts', '9']],
    [['erase', '--yes']],
    [['erase', '--person', 'ada']],
    [['request', 'create', '--project', 'p', '--title', 't', '--body', 'a', '--body-file', 'b']],
  ])('%j is a usage error', async (line) => {
    const before = fake.operations.length;
    expect((await fake.run(line)).exit).toBe(2);
    expect(fake.operations.length).toBe(before);
  });

  it('a gateway that does not answer is unavailable', async () => {
    expect((await fake.run(['request', 'show', 'r1'], { COUNTERSIGN_URL: 'http://127.0.0.1:9' })).exit).toBe(6);
  });

  it('says its version', async () => {
    const { version } = JSON.parse(await readFile(join(process.cwd(), 'packages/cli/package.json'), 'utf8')) as { version: string };
    const { exit, stdout } = await fake.run(['--version']);
    expect([exit, stdout]).toEqual([0, `${version}\n`]);
  });

  it('help ends with 0', async () => {
    const { exit, stdout } = await fake.run(['approve', '--help']);
    expect([exit, stdout]).toEqual([0, expect.stringContaining('--digest')]);
  });
});

const item = { id: 'r1', title: 'a\u202eb', state: 'PLAN_REVIEW', paused: false, project: 'p', requester: 'ada', waitingFor: null, createdAt: 't' };
const vote = { id: 'd1', actor: 'ben', verdict: 'request_changes', status: 'dropped', code: 'STALE_DIGEST', revision: 1, digest: DIGEST, amr: ['local-operator'] };
const gate = { name: 'plan', setting: 'required', state: 'open', revision: 1, digest: DIGEST, approvals: 0, required: 1, decisions: [vote] };
const detail = { ...item, revision: 1, gates: [gate], mergeRequest: null, merge: null, budget: { usage: { tokens: 1000, costMicros: null, wallClockMs: 60_000, attempts: 1, cachedTokens: 620 } }, stages: [], events: [], outcome: null, findings: [], modelReview: null, comments: [], egress: [] };

describe('requests', () => {
  it('creates one from a file on stdin, with a key of its own, and prints id, state and url', async () => {
    fake.answers['createRequest'] = () => ({ data: { createRequest: { id: 'r1', state: 'RECEIVED' } } });
    fake.stdin = 'rename a to b';
    const { exit, json } = await fake.run(['request', 'create', '--project', 'p', '--title', 't', '--body-file', '-', '--json']);

    expect([exit, json()]).toEqual([0, { id: 'r1', state: 'RECEIVED', url: 'http://console.test/requests/r1' }]);
    expect(mutationOf('createRequest')?.variables).toEqual({ input: { project: 'p', title: 't', body: 'rename a to b' } });
    expect(mutationOf('createRequest')?.headers['idempotency-key']).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('tries an unavailable service again with the same key', async () => {
    let count = 0;
    fake.answers['createRequest'] = () => ((count += 1) < 3 ? refusal('SERVICE_UNAVAILABLE') : { data: { createRequest: { id: 'r1', state: 'RECEIVED' } } });
    expect((await fake.run(['request', 'create', '--project', 'p', '--title', 't'])).exit).toBe(0);
    const keys = fake.operations.filter(({ query }) => query.includes('createRequest')).map(({ headers }) => headers['idempotency-key']);
    expect([keys.length, new Set(keys).size]).toEqual([3, 1]);
  });

  it('lists and shows hostile titles escaped, and JSON as it is', async () => {
    fake.answers['requests(box'] = () => ({ data: { requests: { edges: [{ node: item }], pageInfo: { hasNextPage: true, endCursor: 'c' } } } });
    const shown = await fake.run(['request', 'list', '--needs-me']);
    expect(shown.stdout).toContain('a\\u{202e}b');
    expect((await fake.run(['request', 'list', '--json'])).json()).toEqual({ items: [item], next: 'c' });
  });

  it('shows gates with their decisions in the words of the rest of the product', async () => {
    fake.answers['request(id'] = () => ({ data: { request: detail } });
    const { gates } = (await fake.run(['request', 'show', 'r1', '--json'])).json<{ gates: { decisions: unknown[] }[] }>();
    expect(gates[0]?.decisions).toEqual([{ actor: 'ben', verdict: 'request-changes', status: 'dropped', code: 'STALE_DIGEST', revision: 1, digest: DIGEST, outdated: false, amr: ['local-operator'] }]);
    const { stdout } = await fake.run(['request', 'show', 'r1']);
    expect(stdout).toContain('9f3a·61c2');
    expect(stdout).toContain('1000 tokens (of it cached: 62 %), money unknown, 1 min');
    expect(stdout).toContain('plan: asked for changes to revision 1 by ben (local-operator): dropped: it was about other content than what was open (STALE_DIGEST)');
  });

  it('calls an approval of an earlier revision outdated', async () => {
    const old = { ...vote, verdict: 'approve', status: 'counted', code: null, revision: 1, digest: '0'.repeat(64), amr: [] };
    fake.answers['request(id'] = () => ({ data: { request: { ...detail, gates: [{ ...gate, revision: 2, decisions: [old] }] } } });
    expect((await fake.run(['request', 'show', 'r1'])).stdout).toContain('plan: approved revision 1 (outdated) by ben: counted\n');
    expect((await fake.run(['request', 'show', 'r1', '--json'])).json()).toMatchObject({ gates: [{ decisions: [{ revision: 1, outdated: true }] }] });
  });

  it('shows of each entry of the audit trail whether its signature counts and where the log holds it', async () => {
    const entry = { seq: 1, at: 't', type: 'decision', actor: 'ben', text: 'approve', entry: '{"subject":"request/r1/plan/1"}', document: '{"payload":""}', signature: 'valid', place: { origin: 'here/log/t1/2', index: 12 } };
    const nodes = [entry, { ...entry, signature: 'KEY_REVOKED' }, { ...entry, document: null, signature: null }, { ...entry, type: 'created', document: null, signature: null, place: null }];
    fake.answers['audit(id'] = () => ({ data: { request: { gates: [{ name: 'plan', revision: 2 }] }, audit: { edges: nodes.map((node) => ({ node })), pageInfo: { hasNextPage: false, endCursor: null } } } });
    const lines = (await fake.run(['audit', 'r1'])).stdout.split('\n').slice(1);
    const said = ['signature valid', 'does not count (KEY_REVOKED)', 'signed document erased', 'no signature'];
    said.forEach((words, index) => expect(lines[index]).toContain(words));
    expect([lines[0], lines[3]]).toEqual([expect.stringMatching(/entry 12 of log 2 +approve \(outdated\)$/), expect.stringMatching(/not in the log yet +approve$/)]);
    expect((await fake.run(['audit', 'r1', '--json'])).json()).toEqual({ items: nodes });
  });

  it.each([['PLAN_REVIEW', 'PLAN_REVIEW,DONE', 0], ['FAILED', 'DONE', 4], ['EXECUTING', 'DONE', 6]])(
    'waiting in %s for %s ends with %d',
    async (state, wanted, exit) => {
      fake.answers['request(id'] = () => ({ data: { request: { id: 'r1', state } } });
      const ran = await fake.run(['request', 'wait', 'r1', '--for', wanted, '--timeout', '5', '--json']);
      expect([ran.exit, ran.json()]).toEqual([exit, { id: 'r1', state }]);
    },
  );
});

describe('approve', () => {
  const answered = (outcome: string, code: string | null = null) => () => ({ data: { decide: { outcome, code, message: null, decisionId: 'd1', state: 'QUEUED' } } });
  const line = ['approve', 'r1', '--gate', 'plan'];

  beforeEach(() => {
    fake.answers['document(id'] = () => ({ data: { document: { kind: 'plan', digest: DIGEST, revision: 1, data: {}, text: '# The plan', truncated: false, artifact: null, author: 'offline' } } });
    fake.answers['subject(id'] = () => ({ data: { subject: { gate: 'plan', revision: 1, digest: DIGEST, text: '{"v":1}' } } });
    fake.answers['decide('] = answered('recorded');
    fake.answers['request(id'] = () => ({
      data: { request: { ...detail, projectId: 'p1', gates: [{ ...gate, required: 2 }] }, me: { name: 'Rita', grants: [{ role: 'reviewer', project: 'p1' }, { role: 'admin', project: 'p2' }] } },
    });
  });

  it('sends exactly the digest that was named', async () => {
    const { exit, json } = await fake.run([...line, '--digest', DIGEST, '-m', 'fine', '--json']);
    expect([exit, json()]).toEqual([0, { outcome: 'recorded', state: 'QUEUED' }]);
    expect(mutationOf('decide')?.variables).toEqual({ input: { id: 'r1', gate: 'plan', digest: DIGEST, verdict: 'approve', reason: 'fine' } });
  });

  it('on a terminal shows what is approved, asks, and sends what it showed', async () => {
    fake.interactive = true;
    fake.reply = 'y';
    const { exit, stdout } = await fake.run(line, { NO_COLOR: '1' });
    const words = `You sign: approve the plan, revision 1, of request r1 (a\\u{202e}b), as Rita (reviewer).\nDigest: ${DIGEST}\nNobody has approved this yet. After you 1 other person must approve.\n`;
    expect([exit, stdout]).toEqual([0, expect.stringContaining(`# The plan\n\n{"v":1}\n\nNothing in it is hidden: what you see is what you sign.\n${words}`)]);
    expect(stdout).not.toContain('\u001b');
    expect(mutationOf('decide')?.variables).toMatchObject({ input: { digest: DIGEST } });
  });

  it('on a terminal says what is hidden in it, and shows it', async () => {
    fake.interactive = true;
    fake.answers['subject(id'] = () => ({ data: { subject: { gate: 'plan', revision: 1, digest: DIGEST, text: '{"goal":"a\u200bb <!-- c -->"}' } } });
    const { stdout } = await fake.run(line, { NO_COLOR: '1' });
    expect(stdout).toContain('a\\u{200b}b <!-- c -->');
    expect(stdout).toContain('It holds 1 zero-width character, 1 HTML comment, made visible above: what you see is what you sign.');
  });

  it.each([['reject', 'reject the plan'], ['request-changes', 'request changes to the plan']])('on a terminal says what is signed with %s, and asks', async (verb, words) => {
    fake.interactive = true;
    const flags = [verb, 'r1', '--gate', 'plan', '--digest', DIGEST, '-m', 'why'];
    const ran = await fake.run(flags, { NO_COLOR: '1' });
    expect([ran.exit, ran.stdout, mutationOf('decide')]).toEqual([4, expect.stringContaining(`You sign: ${words}, revision 1, of request r1`), undefined]);
    fake.reply = 'y';
    expect((await fake.run(flags)).exit).toBe(0);
    expect(mutationOf('decide')?.variables).toMatchObject({ input: { digest: DIGEST, verdict: verb.replaceAll('-', '_'), reason: 'why' } });
  });

  it('decides nothing without a yes', async () => {
    fake.interactive = true;
    expect((await fake.run(line)).exit).toBe(4);
    expect(mutationOf('decide')).toBeUndefined();
  });

  it('ends by the code of a refusal', async () => {
    fake.answers['decide('] = answered('refused', 'STALE_DIGEST');
    const { exit, json } = await fake.run([...line, '--digest', DIGEST, '--json']);
    expect([exit, json()]).toEqual([4, { outcome: 'refused', code: 'STALE_DIGEST', state: 'QUEUED' }]);
  });

  it('waits for a pending vote to arrive', async () => {
    fake.answers['decide('] = answered('pending');
    fake.answers['request(id'] = () => ({ data: { request: { ...detail, state: 'QUEUED', gates: [{ ...gate, decisions: [{ ...vote, status: 'counted' }] }] } } });
    expect((await fake.run([...line, '--digest', DIGEST, '--wait', '5', '--json'])).json()).toEqual({ outcome: 'recorded', state: 'QUEUED' });
    expect((await fake.run([...line, '--digest', DIGEST, '--json'])).json()).toEqual({ outcome: 'pending', state: 'QUEUED' });
  });

  it('prints a subject byte for byte', async () => {
    expect((await fake.run(['subject', 'r1', '--gate', 'plan'])).stdout).toBe('{"v":1}');
  });
});

describe('projects, people and parts', () => {
  it('adds a project, waits for its import and prints where the copy is', async () => {
    const gates = { spec: 'off', plan: 'required', diff: 'policy', merge: 'required' };
    const settings = {
      gates,
      image: null,
      models: { all: 'ollama:qwen3:8b', review: null },
      egress: { setup: [{ host: 'registry.example.org', port: 443, methods: ['GET'], tunnel: false, credential: null }], execute: [] },
    };
    const { image, models, egress } = settings;
    const project = (state: string) => ({
      id: 'p1', name: 'p', repo: '/r', bare: '/b', branch: 'main', settings, bringHome: ['git fetch'], import: { state, progress: '10 %', code: null, message: null },
    });
    fake.answers['addProject'] = () => ({ data: { addProject: project('importing') } });
    fake.answers['project(name'] = () => ({ data: { project: project('ready') } });
    const policy = join(fake.dir, 'p.cedar');
    await writeFile(policy, 'permit(principal, action, resource);');
    const { exit, json, stderr } = await fake.run(['project', 'add', 'p', '--repo', '/r', '--gate', 'plan=required', '--gate', 'spec=off', '--policy', policy, '--json']);

    expect([exit, json(), stderr]).toEqual([0, { id: 'p1', name: 'p', repo: '/r', bare: '/b', branch: 'main', gates, image, models, egress, import: 'ready', bringHome: ['git fetch'] }, '10 %\n']);
    expect(mutationOf('addProject')?.variables).toEqual({
      input: { name: 'p', repo: '/r', settings: { gates: { plan: 'required', spec: 'off' } }, policy: 'permit(principal, action, resource);' },
    });
  });

  it('grants a role in one project', async () => {
    fake.answers['grantRole'] = () => ({ data: { grantRole: { subject: 'ada', active: true, grants: [{ role: 'reviewer', project: '*' }, { role: 'maintainer', project: 'p' }] } } });
    expect((await fake.run(['role', 'grant', 'ada', 'maintainer', '--project', 'p', '--json'])).json()).toEqual({ person: 'ada', active: true, roles: ['reviewer', 'maintainer@p'] });
  });

  it('doctor names every part with what to type, also when little runs', async () => {
    const { exit, json } = await fake.run(['doctor', '--json'], { DOCKER_HOST: 'unix:///nonexistent.sock' });
    const { ok, parts } = json<{ ok: boolean; parts: { name: string; ok: boolean; fix?: string }[] }>();
    const names = parts.map(({ name }) => name);

    expect([exit, ok]).toEqual([6, false]);
    expect(names).toEqual(['git', 'node', 'postgres', 'database-roles', 'temporal', 'temporal-ui', 'docker', 'bubblewrap', 'sandbox-image', 'identity', 'gateway', 'console', 'data-folder']);
    expect(parts.find(({ name }) => name === 'gateway')?.ok).toBe(true);
    expect(parts.filter((part) => !part.ok && !part.fix)).toEqual([]);
  });

  it('doctor takes a console that was not to be started for well', async () => {
    const data = join(fake.dir, 'without-console');
    await mkdir(data);
    const console = { name: 'console', ok: true, version: 'off', where: 'COUNTERSIGN_CONSOLE=off' };
    await writeFile(join(data, 'state.json'), JSON.stringify({ addresses: {}, parts: [console] }));
    const { json } = await fake.run(['doctor', '--json'], { COUNTERSIGN_DATA_DIR: data });
    expect(json<{ parts: object[] }>().parts).toContainEqual(console);
  });

  it.each([
    ['auto', false, { docker: false, bubblewrap: false }],
    ['auto', true, { docker: true, bubblewrap: true }],
    ['docker', true, { docker: false, bubblewrap: true }],
    ['bubblewrap', false, { docker: true, bubblewrap: false }],
  ] as const)('doctor without an engine, COUNTERSIGN_SANDBOX=%s, bubblewrap works: %s', async (choice, hasBubblewrap, expected) => {
    fake.hasBubblewrap = hasBubblewrap;
    const { stdout } = await fake.run(['doctor', '--json'], { DOCKER_HOST: 'unix:///nonexistent.sock', COUNTERSIGN_SANDBOX: choice });
    fake.hasBubblewrap = false;
    const { parts } = JSON.parse(stdout) as { parts: { name: string; ok: boolean; note?: string; fix?: string }[] };
    const oks = Object.fromEntries(parts.filter(({ name }) => name in expected).map(({ name, ok }) => [name, ok]));
    expect(oks).toEqual(expected);
    for (const { name, ok, note, fix } of parts.filter(({ name }) => name in expected)) expect([name, ok ? note : fix]).toEqual([name, expect.stringMatching(/./)]);
  });
});

describe('a profile file', () => {
  it('holds no more than the tokens, how they were got, and the name', async () => {
    expect(Object.keys(JSON.parse(await readFile(profilePath(), 'utf8')) as object).sort()).toEqual(
      ['accessToken', 'clientId', 'expiresAt', 'issuer', 'refreshToken', 'roles', 'signIn', 'subject', 'tenant'],
    );
  });
});
