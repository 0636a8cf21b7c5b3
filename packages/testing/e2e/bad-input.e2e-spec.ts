import { createHash, randomUUID } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { git, NO_CONSOLE, sampleRepository, testInstallation, waitFor, type TestInstallation } from '../src/index.js';
import { historyOf } from './engine.js';
import { ask, post, tokenOf } from './gateway.js';
import { changedPaths, hostileRepository, ODD_NAMES } from './hostile-repository.js';
import { approve, createRequest, gateOf, signIn, waitState } from './people.js';
import { sql } from './superuser.js';
import { apiFields, gitVisits, visits } from './tenant-walk.js';
import { badTokens, goodToken } from './tokens.js';
import { updateSender, type UpdateSender } from './updates.js';

const ROOT = process.cwd();
const MADE = `SELECT (SELECT count(*) FROM requests.request)::int AS requests, (SELECT count(*) FROM projects.project)::int AS projects,
  (SELECT count(*) FROM requests.decision WHERE actor_kind = 'person')::int AS decisions, (SELECT count(*) FROM requests.word)::int AS words`;

let app: TestInstallation;
let source: string;
let project: { readonly id: string; readonly bare: string };
/** Waits at its plan gate for the whole run. */
let parked: string;
let planDigest: string;

beforeAll(async () => {
  app = await testInstallation(ROOT);
  // The data folder lies below a root, so that only its own rule keeps it out.
  await app.start({ ...NO_CONSOLE, COUNTERSIGN_REPO_ROOTS: dirname(app.dataDir) });
  await signIn(app, 'admin', 'observer');
  source = sampleRepository(join(app.reposDir, 'sample'));
  const added = await app.cli('maintainer', 'project', 'add', 'sample', '--repo', source, '--gate', 'diff=off');
  project = { id: String(added.json['id']), bare: String(added.json['bare']) };
  parked = await createRequest(app, 'sample', 'replace "part1 = 1" with "part1 = 11" in src/parts/part-1.js');
  await waitState(app, parked, 'PLAN_REVIEW');
  planDigest = (await gateOf(app, parked, 'plan')).digest;
}, 180_000);

afterAll(async () => {
  await app?.stop();
  app?.remove();
});

async function made(): Promise<object> {
  const [rows] = await sql<object>(app, MADE);
  return { ...rows, copies: readdirSync(join(app.dataDir, 'repos')).length };
}

let before: object;
beforeEach(async () => {
  before = await made();
});

/** What a person without `--json` sees. */
function seen(person: string, ...args: string[]): string {
  return execFileSync(process.execPath, [join(ROOT, 'packages/cli/bin/countersign.mjs'), ...args, '--profile', person], { env: { ...app.env }, encoding: 'utf8' });
}

describe('a source that is none', () => {
  const add = async (repo: string, ...more: string[]) => {
    const { code, stderr, json } = await app.cli('maintainer', 'project', 'add', `p-${randomUUID().slice(0, 8)}`, '--repo', repo, ...more);
    return { code, said: `${stderr}${JSON.stringify(json)}` };
  };

  it('is refused with code and field, and nothing is made', async () => {
    mkdirSync(join(app.reposDir, 'plain'));
    git(app.reposDir, 'init', '-q', 'empty');
    symlinkSync('/etc', join(app.reposDir, 'way-out'));
    mkdirSync(join(app.reposDir, 'lured'));
    writeFileSync(join(app.reposDir, 'lured/.git'), `gitdir: ${project.bare}\n`);
    const cases: readonly (readonly [number, string, string, ...string[]])[] = [
      [2, 'REPO_NOT_GIT', join(app.reposDir, 'plain')],
      [2, 'REPO_NOT_GIT', join(app.reposDir, 'missing')],
      [2, 'REPO_EMPTY', join(app.reposDir, 'empty')],
      [2, 'BRANCH_MISSING', source, '--branch', 'nope'],
      [2, 'INVALID_INPUT', source, '--branch=--upload-pack=touch pwned'],
      [6, 'SOURCE_UNREACHABLE', 'https://no-such-host.invalid/a.git'],
      [2, 'URL_REFUSED', 'https://127.0.0.1/a.git'],
      [2, 'URL_REFUSED', 'https://[::1]:8443/a.git'],
      [2, 'URL_REFUSED', 'https://169.254.169.254/latest/meta-data'],
      [2, 'URL_REFUSED', 'ssh://git@10.0.0.1/a.git'],
      [2, 'URL_REFUSED', 'http://example.org/a.git'],
      [2, 'URL_REFUSED', `file://${source}`],
      [2, 'URL_CREDENTIALS', 'https://ada:secret@example.org/a.git'],
      [2, 'INVALID_INPUT', 'ext::sh -c touch% pwned'],
      [2, 'INVALID_INPUT', '--upload-pack=touch pwned'],
      [2, 'REPO_NOT_ALLOWED', '/etc'],
      [2, 'REPO_NOT_ALLOWED', join(app.reposDir, 'way-out')],
      [2, 'REPO_NOT_ALLOWED', app.dataDir],
      [2, 'REPO_NOT_ALLOWED', project.bare],
      [2, 'REPO_NOT_ALLOWED', join(app.reposDir, 'lured')],
    ];
    const answers = await inTurns(cases, async ([, , ...args]) => add(...(args as [string])));
    for (const [index, [exit, code, what]] of cases.entries()) {
      expect([what, answers[index]?.code]).toEqual([what, exit]);
      expect(answers[index]?.said).toContain(code);
      expect(answers[index]?.said).toMatch(/repo|branch/);
      expect(answers[index]?.said).not.toContain('ada:secret');
    }
    expect(await made()).toEqual(before);
    expect([existsSync('pwned'), existsSync(join(app.reposDir, 'pwned'))]).toEqual([false, false]);
  }, 120_000);

  it('names, settings and policies that break a rule are refused by field', async () => {
    const add2 = (input: object) => ask(app, 'maintainer', 'mutation ($input: AddProjectInput!) { addProject(input: $input) { id } }', { input: { name: 'other', repo: source, ...input } });
    const cases: readonly (readonly [object, string])[] = [
      [{ name: '../x' }, 'INVALID_INPUT name'],
      [{ name: 'sample' }, 'ALREADY_EXISTS name'],
      [{ settings: { env: [{ name: 'API_KEY', value: 'x' }] } }, 'INVALID_INPUT settings.env.API_KEY'],
      [{ settings: { testCommand: 'x'.repeat(9000) } }, 'INVALID_INPUT settings.testCommand'],
      [{ settings: { approvalsRequired: -1 } }, 'INVALID_INPUT settings.approvalsRequired'],
      [{ policy: 'permit (' }, 'INVALID_INPUT policy'],
    ];
    for (const [input, refusal] of cases) expect([input, (await add2(input)).refusal]).toEqual([input, refusal]);
    expect(await made()).toEqual(before);
  });
});

describe('words that break a rule', () => {
  const create = (input: object) =>
    ask(app, 'maintainer', 'mutation ($input: CreateRequestInput!) { createRequest(input: $input) { id title } }', { input: { project: 'sample', title: 'rename a to b', ...input } });

  it('are refused by field', async () => {
    const cases: readonly (readonly [object, string])[] = [
      [{ project: 'nope' }, 'NOT_FOUND project'],
      [{ project: '../sample' }, 'NOT_FOUND project'],
      [{ title: '' }, 'INVALID_INPUT title'],
      [{ title: '   ' }, 'INVALID_INPUT title'],
      [{ title: 'x'.repeat(201) }, 'INVALID_INPUT title'],
      [{ title: 'one\ntwo' }, 'INVALID_INPUT title'],
      [{ title: 'one\u0000two' }, 'INVALID_INPUT title'],
      [{ title: 'lone \ud800 surrogate' }, 'INVALID_INPUT title'],
      [{ body: 'x'.repeat(64 * 1024 + 1) }, 'INVALID_INPUT body'],
      [{ body: 'ü'.repeat(32 * 1024 + 1) }, 'INVALID_INPUT body'],
      [{ body: 'nul \u0000' }, 'INVALID_INPUT body'],
    ];
    for (const [input, refusal] of cases) expect([Object.keys(input), (await create(input)).refusal]).toEqual([Object.keys(input), refusal]);
    expect(await made()).toEqual(before);
  });

  it('are taken where a rule allows them, and shown so that they cannot deceive', async () => {
    const title = 'rename\u001b[2J\u202e\u2066 a to\u200b b\u0007';
    const { data } = await create({ title, body: 'x'.repeat(64 * 1024) });
    const { id } = data?.['createRequest'] as { id: string };
    for (const text of [seen('reviewer', 'request', 'show', id), seen('reviewer', 'request', 'list')]) {
      expect(text).not.toMatch(/[\u001b\u0007\u202e\u2066\u200b]/);
      expect(text).toContain('\\u{202e}');
    }
    await waitState(app, id, 'FAILED');
  });

  it('a digest that is none, of another gate or of another revision decides nothing', async () => {
    const decide = (input: object) =>
      ask(app, 'reviewer', 'mutation ($input: DecideInput!) { decide(input: $input) { outcome code } }', {
        input: { id: parked, gate: 'plan', digest: planDigest, verdict: 'approve', ...input },
      });
    for (const digest of ['', 'xyz', planDigest.toUpperCase(), planDigest.slice(1), `${planDigest} `, `${planDigest}0`]) {
      expect([digest, (await decide({ digest })).refusal]).toEqual([digest, 'INVALID_INPUT digest']);
    }
    expect(await made()).toEqual(before);
    for (const [input, code] of [
      [{ gate: 'merge' }, 'GATE_CLOSED'],
      [{ gate: 'spec' }, 'GATE_CLOSED'],
      [{ digest: createHash('sha256').update('').digest('hex') }, 'STALE_DIGEST'],
    ] as const) {
      expect((await decide(input)).data?.['decide']).toEqual({ outcome: 'refused', code });
    }
    expect((await decide({ id: 'no-such-request' })).refusal).toBe('NOT_FOUND id');
    expect((await decide({ verdict: 'reject' })).refusal).toBe('INVALID_INPUT reason');
    expect((await gateOf(app, parked, 'plan')).digest).toBe(planDigest);

    // Asking for changes makes revision 2; what was shown of revision 1 is stale from then on.
    const id = await createRequest(app, 'sample', 'replace "part2 = 2" with "part2 = 22" in src/parts/part-2.js');
    await waitState(app, id, 'PLAN_REVIEW');
    const first = await gateOf(app, id, 'plan');
    await app.cli('reviewer', 'request-changes', id, '--gate', 'plan', '--digest', first.digest, '-m', 'replace "part3 = 3" with "part3 = 33" in src/parts/part-3.js');
    await waitFor(async () => (await gateOf(app, id, 'plan')).revision === 2, 30_000);
    expect((await decide({ id, digest: first.digest })).data?.['decide']).toEqual({ outcome: 'refused', code: 'STALE_REVISION' });
    const unknown = await ask(app, 'reviewer', 'query ($id: ID!) { subject(id: $id, gate: plan, revision: 99) { digest } }', { id });
    expect(unknown.refusal).toBe('NOT_FOUND revision');
  }, 60_000);
});

describe('a repository with everything in it', () => {
  const WISH = 'replace "needle" with "thread"';

  it('is changed where it is text, and the plan says what was left alone', async () => {
    const repo = hostileRepository(join(app.reposDir, 'hostile'));
    const added = await app.cli('maintainer', 'project', 'add', 'hostile', '--repo', repo, '--gate', 'diff=off');
    expect(added.code).toBe(0);
    const bare = String(added.json['bare']);
    const tip = git(bare, 'rev-parse', 'main').trim();
    const id = await createRequest(app, 'hostile', `${WISH} in *.txt`);
    await waitState(app, id, 'PLAN_REVIEW');
    const plan = await app.cli('reviewer', 'plan', id);
    const text = String(plan.json['text']);
    for (const note of [/Skipped .*not UTF-8 text.*binary\.txt/, /Skipped .*too large.*huge\.txt/, /Skipped .*symbolic links.*way-out\.txt/, /Skipped .*not in the workspace.*caf/]) {
      expect(text.replaceAll('\\', '')).toMatch(note);
    }
    expect(seen('reviewer', 'plan', id)).not.toMatch(/\u202e/);

    await approve(app, id, 'plan');
    await waitState(app, id, 'MERGE_REVIEW');
    await approve(app, id, 'merge');
    await waitState(app, id, 'DONE');
    expect([...changedPaths(bare, tip, 'main')].sort()).toEqual([...ODD_NAMES].sort());
    for (const name of ODD_NAMES) expect(git(bare, 'show', `main:${name}`)).toBe('a thread\n');
    expect(git(bare, 'ls-tree', 'main', 'vendored')).toContain('160000');
    expect([existsSync('pwned'), existsSync(join(repo, 'pwned'))]).toEqual([false, false]);
    expect(git(repo, 'status', '--porcelain')).toBe('');
  }, 120_000);

  it('a change of a submodule, an LFS pointer or a way out is refused', async () => {
    const cases = [
      [WISH, 'PLAN_TOUCHES_'],
      [`${WISH} in media.psd`, 'PLAN_TOUCHES_LFS'],
      ['delete file media.psd', 'PLAN_TOUCHES_LFS'],
      ['delete file vendored', 'PLAN_TOUCHES_SUBMODULE'],
      ['add file vendored/x.txt\n```\nx\n```', 'PLAN_TOUCHES_SUBMODULE'],
      [`${WISH} in .gitmodules`, 'PLAN_TOUCHES_SUBMODULE'],
      ['add file way-out.txt/x\n```\nx\n```', 'ALREADY_EXISTS'],
      ['add file ../outside.txt\n```\nx\n```', 'MODEL_CANNOT'],
      ['add file .git/hooks/post-commit\n```\nx\n```', 'MODEL_CANNOT'],
    ] as const;
    const ids = await Promise.all(cases.map(([body]) => createRequest(app, 'hostile', 'A change', body)));
    await Promise.all(ids.map((id) => waitState(app, id, 'FAILED')));
    const outcomes = await Promise.all(ids.map(async (id) => JSON.stringify((await app.cli('reviewer', 'request', 'show', id)).json['outcome'])));
    for (const [index, [body, code]] of cases.entries()) expect([body, outcomes[index]]).toEqual([body, expect.stringContaining(code)]);
  }, 120_000);
});

describe('a token that does not hold', () => {
  it('opens nothing', async () => {
    expect((await post(app, goodToken(app), { query: '{ me { subject } }' })).data).toEqual({ me: { subject: 'admin' } });
    for (const [what, token] of Object.entries(badTokens(app))) {
      const { status, refusal } = await post(app, token, { query: '{ me { subject } }' });
      expect([what, status, refusal]).toEqual([what, 401, 'UNAUTHENTICATED']);
      const artifact = await fetch(`${app.state().addresses['gateway'] ?? ''}/artifacts/${planDigest}`, { headers: { authorization: `Bearer ${token}` } });
      expect([what, artifact.status]).toEqual([what, 401]);
      const basic = `Basic ${Buffer.from(`admin:${token}`).toString('base64')}`;
      const refs = await fetch(`${app.state().addresses['gateway'] ?? ''}/git/sample.git/info/refs?service=git-upload-pack`, { headers: { authorization: basic } });
      expect([what, refs.status]).toEqual([what, 401]);
    }
    expect((await fetch(`${app.state().addresses['gateway'] ?? ''}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' })).status).toBe(401);
  });
});

describe('GraphQL over its limits', () => {
  const send = (body: unknown, headers: Record<string, string> = {}, method = 'POST') => post(app, tokenOf(app, 'admin'), body, headers, method);
  const deep = '{ projects { edges { node { settings { gates { plan } } } } } }';

  it('is refused with a code', async () => {
    const cases: readonly (readonly [string, unknown, string])[] = [
      ['depth', { query: '{ a { b { c { d { e { f { g { h { i { j } } } } } } } } } }' }, 'QUERY_TOO_COMPLEX'],
      ['aliases', { query: `{ ${Array.from({ length: 40 }, (_, n) => `a${n}: me { id }`).join(' ')} }` }, 'QUERY_TOO_COMPLEX'],
      ['tokens', { query: `{ me { ${'id '.repeat(3000)} } }` }, 'QUERY_TOO_COMPLEX query'],
      ['cost', { query: `{ ${Array.from({ length: 12 }, (_, n) => `a${n}: requests(first: 100) { edges { node { id title state project requester waitingFor } } }`).join(' ')} }` }, 'QUERY_TOO_COMPLEX'],
      ['directives', { query: `{ me { id ${'@include(if: true) '.repeat(50)} } }` }, 'QUERY_TOO_COMPLEX'],
      ['two mutations', { query: 'mutation { a: suspendPerson(input: { person: "reviewer" }) { id } b: suspendPerson(input: { person: "maintainer" }) { id } }' }, 'QUERY_TOO_COMPLEX'],
      ['a mutation in a fragment', { query: 'mutation { ...f } fragment f on Mutation { suspendPerson(input: { person: "reviewer" }) { id } }' }, 'QUERY_TOO_COMPLEX'],
      ['a batch', [{ query: '{ me { id } }' }, { query: '{ me { id } }' }], 'INVALID_INPUT body'],
      ['no JSON', '{"query":', 'INVALID_INPUT body'],
      ['introspection', { query: '{ __schema { types { name } } }' }, 'INVALID_INPUT'],
      ['a field that is none', { query: '{ nope }' }, 'INVALID_INPUT'],
      ['first', { query: '{ projects(first: 1000) { totalCount } }' }, 'INVALID_INPUT first'],
      ['a huge body', { query: '{ me { id } }', variables: { x: 'x'.repeat(1_100_000) } }, 'INVALID_INPUT body'],
    ];
    for (const [what, body, refusal] of cases) {
      const answer = await send(body);
      const refusals = answer.errors.map(({ extensions: { code, field } }) => [code, field].filter(Boolean).join(' '));
      expect([what, refusals]).toEqual([what, expect.arrayContaining([refusal])]);
      expect(answer.text).not.toMatch(/node_modules|stacktrace/);
    }
    expect((await send({ query: deep })).refusal).toBeUndefined();
    expect((await send('', {}, 'GET')).status).toBe(405);
    expect((await send('query={me{id}}', { 'content-type': 'application/x-www-form-urlencoded' })).status).toBe(415);
    expect((await send({ query: '{ me { id } }' }, { origin: 'https://evil.example.org' })).status).toBe(403);
    expect(await made()).toEqual(before);
    const { data } = await send({ query: '{ people { edges { node { active } } } }' });
    expect(JSON.stringify(data)).not.toContain('false');
  });

  it('a key that was used for another operation is refused, and for the same one answers the same', async () => {
    const headers = { 'idempotency-key': randomUUID() };
    const create = (title: string) => ask(app, 'maintainer', 'mutation ($input: CreateRequestInput!) { createRequest(input: $input) { id } }', { input: { project: 'sample', title } }, headers);
    const first = await create('delete file src/parts/part-9.js');
    expect((await create('delete file src/parts/part-9.js')).data).toEqual(first.data);
    expect((await create('delete file src/parts/part-8.js')).refusal).toBe('IDEMPOTENCY_MISMATCH Idempotency-Key');
    expect((await ask(app, 'maintainer', '{ me { id } }', {}, { 'idempotency-key': 'with a blank' })).refusal).toBe(undefined);
    expect(await made()).toMatchObject({ requests: (before as { requests: number }).requests + 1 });
  });

  it('three hundred random documents each get clean JSON', async () => {
    const words = ['{', '}', '(', ')', '...', '@', '$', 'query', 'mutation', 'fragment', 'on', 'me', 'inbox', 'request', 'decide', 'id', 'input', ':', '"x"', '-1', '1e999', '__typename', 'null', '[', ']', '"""', '\u0000', '\u202e', '\ud800'];
    const document = fc.oneof(fc.array(fc.constantFrom(...words), { maxLength: 30 }).map((all) => all.join(' ')), fc.string({ unit: 'binary', maxLength: 100 }));
    const variables = fc.record({ v: fc.jsonValue(), first: fc.jsonValue() });
    const body = fc.oneof(
      fc.record({ query: document, variables: fc.jsonValue() }).map((value) => JSON.stringify(value)),
      fc.record({ query: fc.constant('query ($v: ID!) { request(id: $v) { id } log(id: $v) { text } }'), variables }).map((value) => JSON.stringify(value)),
      fc.record({ query: fc.constant('query ($v: String, $first: Int! = 3) { requests(after: $v, first: $first) { totalCount } people(after: $v) { totalCount } }'), variables }).map((value) => JSON.stringify(value)),
      fc.record({ query: fc.constant('mutation ($v: CreateRequestInput!) { createRequest(input: $v) { id } }'), variables: fc.record({ v: fc.record({ project: fc.string({ unit: 'binary' }), title: fc.string({ unit: 'binary' }) }) }) }).map((value) => JSON.stringify(value)),
      fc.string({ unit: 'binary', maxLength: 200 }),
    );
    await inTurns(fc.sample(body, { numRuns: 300, seed: 3 }), async (text) => {
      const answer = await post(app, tokenOf(app, 'admin'), text);
      const codes = answer.errors.map(({ extensions }) => extensions.code);
      if (codes.includes('INTERNAL') || answer.status >= 500 || /node_modules|\bat \w+ \(/.test(answer.text)) throw new Error(`${text} was answered ${answer.text}`);
      if (codes.length === 0 && !answer.data) throw new Error(`${text} was answered ${answer.text}`);
    });
    expect(await made()).toEqual(before);
  }, 60_000);
});

describe('Temporal updates that nobody of ours sent', () => {
  let sender: UpdateSender;
  beforeAll(async () => {
    sender = await updateSender(app.state().addresses['temporal'] ?? '');
  });
  afterAll(() => sender?.close());

  it('three hundred random ones are refused cleanly, leave no trace, and the request goes on', async () => {
    const events = historyOf(app, parked).length;
    const voteLike = fc.record(
      {
        id: fc.oneof(fc.uuid(), fc.jsonValue()),
        gate: fc.oneof(fc.constantFrom('plan', 'merge', 'spec', 'budget', '__proto__'), fc.jsonValue()),
        revision: fc.oneof(fc.constantFrom(0, 1, 2, -1, 1.5, 1e300), fc.jsonValue()),
        digest: fc.oneof(fc.constantFrom('a'.repeat(64), 'x'), fc.jsonValue()),
        verdict: fc.oneof(fc.constantFrom('approve', 'reject', 'request-changes'), fc.jsonValue()),
        actor: fc.oneof(fc.uuid(), fc.jsonValue()),
        envelope: fc.oneof(fc.string(), fc.jsonValue()),
      },
      { requiredKeys: [] },
    );
    const wordLike = fc.record({ id: fc.oneof(fc.constant(''), fc.constant('x'.repeat(101)), fc.integer(), fc.object()) });
    const args = fc.oneof(
      fc.array(fc.jsonValue(), { maxLength: 3 }).filter(([first]) => typeof (first as { id?: unknown } | null | undefined)?.id !== 'string'),
      voteLike.map((vote) => [vote]),
      wordLike.map((word) => [word]),
    );
    const bytes = fc.record({ encoding: fc.constantFrom('json/plain', 'binary/null', 'binary/plain', 'json/protobuf', 'nope', ''), data: fc.uint8Array({ maxLength: 60 }) });
    const update = fc.oneof(
      fc.record({ name: fc.constant('decide'), args }),
      fc.record({ name: fc.constantFrom('comment', 'cancel', 'pause', 'resume', 'raiseBudget'), args: args.filter(([first]) => typeof (first as { id?: unknown } | null)?.id !== 'string') }),
      fc.record({ name: fc.constantFrom('decide', 'cancel', 'comment'), raw: bytes }),
      fc.record({ name: fc.constantFrom('', 'nope', 'constructor', '__proto__', 'toString'), args }),
    );
    const answers = await inTurns(fc.sample(update, { numRuns: 300, seed: 3 }), async (one) => ({ one, answer: await sender.send(`request-${parked}`, one) }));
    for (const { one, answer } of answers) expect([one, answer]).toEqual([one, expect.stringMatching(/^(UPDATE_MALFORMED|GATE_CLOSED|STALE_REVISION|STALE_DIGEST|no such update|not readable)$/)]);
    expect(historyOf(app, parked).length).toBe(events);
  }, 90_000);

  it('well-formed ones that name nothing stored change nothing', async () => {
    for (const name of ['comment', 'cancel', 'pause', 'resume', 'raiseBudget']) expect(await sender.send(`request-${parked}`, { name, args: [{ id: randomUUID() }] })).toBe('taken');
    const forged = { id: randomUUID(), gate: 'plan', revision: 1, digest: planDigest, verdict: 'approve', actor: randomUUID(), envelope: '{}' };
    expect(await sender.send(`request-${parked}`, { name: 'decide', args: [forged] })).toBe('taken');
    const comment = await app.cli('reviewer', 'comment', parked, '-m', 'still there?');
    expect([comment.code, comment.json['state']]).toEqual([0, 'PLAN_REVIEW']);
    await waitFor(async () => (await gateOf(app, parked, 'plan')).state === 'open', 20_000);
    const shown = await app.cli('reviewer', 'request', 'show', parked);
    expect(shown.json).toMatchObject({ state: 'PLAN_REVIEW', paused: false });
    await approve(app, parked, 'plan');
    await waitState(app, parked, 'MERGE_REVIEW');
  }, 90_000);
});

describe('somebody of another tenant', () => {
  it('finds nothing of the first one, by any query, mutation or download', async () => {
    const [artifact] = await sql<{ sha256: string }>(app, 'SELECT sha256 FROM requests.artifact LIMIT 1');
    const [person] = await sql<{ id: string }>(app, "SELECT id FROM projects.person WHERE subject = 'maintainer'");
    const known = { request: parked, project: project.id, projectName: 'sample', person: person?.id ?? '', digest: planDigest, repo: source };
    const get = (path: string, who = 'observer') => fetch(`${app.state().addresses['gateway'] ?? ''}${path}`, { headers: { authorization: `Bearer ${tokenOf(app, who)}` } });
    const download = (who: string) => get(`/artifacts/${artifact?.sha256 ?? ''}`, who);
    const exported = (who: string) =>
      fetch(`${app.state().addresses['gateway'] ?? ''}/audit/exports`, {
        method: 'POST',
        headers: { authorization: `Bearer ${tokenOf(app, who)}`, 'content-type': 'application/json' },
        body: JSON.stringify({ request: parked }),
      });
    const { id: bundle } = (await (await exported('reviewer')).json()) as { id: string };
    expect((await get(`/audit/exports/${bundle}`, 'reviewer')).status).toBe(200);
    expect((await download('observer')).status).toBe(200);
    const [refs = ''] = gitVisits(known);
    expect((await get(refs)).status).toBe(200);

    await sql(app, "INSERT INTO projects.tenant (id, name, created_at) VALUES ('other', 'other', now())");
    await sql(app, "UPDATE projects.role_binding SET tenant_id = 'other', role = 'admin' WHERE person_id = (SELECT id FROM projects.person WHERE subject = 'observer')");
    await sql(app, "UPDATE projects.person SET tenant_id = 'other' WHERE subject = 'observer'");
    const rows = await firstTenantRows();

    // Before the walk adds a project of this name here.
    for (const path of gitVisits(known)) {
      const answer = await get(path);
      expect([path, answer.status]).toEqual([path, 404]);
      expect(await answer.text()).not.toContain(project.bare);
    }

    const walk = visits(known);
    expect(Object.keys(walk).sort()).toEqual([...apiFields(ROOT)].sort());
    for (const [field, all] of Object.entries(walk)) {
      for (const { document, variables, expected } of all) {
        const { refusal, data, text } = await ask(app, 'observer', document, variables);
        expect([field, variables, refusal ?? data]).toEqual([field, variables, expected]);
        for (const secret of [project.bare, 'part1', 'maintainer'].filter((word) => !JSON.stringify(variables).includes(word))) expect(text).not.toContain(secret);
      }
    }
    expect((await download('observer')).status).toBe(404);
    expect([(await exported('observer')).status, (await get(`/audit/exports/${bundle}`)).status]).toEqual([404, 404]);
    expect((await get(refs, 'reviewer')).status).toBe(200);
    expect(await firstTenantRows()).toEqual(rows);
  }, 60_000);

  const firstTenantRows = () =>
    sql<object>(
      app,
      `SELECT to_jsonb(r) AS row FROM requests.request r WHERE tenant_id <> 'other' UNION ALL SELECT to_jsonb(p) FROM projects.project p WHERE tenant_id <> 'other'
       UNION ALL SELECT to_jsonb(b) FROM projects.role_binding b WHERE tenant_id <> 'other' UNION ALL SELECT to_jsonb(h) FROM projects.person h WHERE tenant_id <> 'other'`,
    );
});

/** Ten at once. */
async function inTurns<Item, Result>(items: readonly Item[], work: (item: Item) => Promise<Result>): Promise<Result[]> {
  const results: Result[] = [];
  for (let start = 0; start < items.length; start += 10) results.push(...(await Promise.all(items.slice(start, start + 10).map(work))));
  return results;
}
