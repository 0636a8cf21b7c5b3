import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';

import { AppError, type Role } from '@countersign/domain';
import { BareRepository } from '@countersign/git';
import { aGit, aRepository, type TestRepository } from '@countersign/git/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';

import { DEFAULT_LIMITS } from '../src/limits.js';
import { type TestGateway, testGateway } from './gateway.fixture.js';
import { aViewer } from './services.fake.js';

const exec = promisify(execFile);
const FETCH = { 'content-type': 'application/x-git-upload-pack-request' };

let at: Awaited<ReturnType<typeof aGit>>;
let source: TestRepository;
let bare: BareRepository;
let main: string;
let change: string;
let gateway: TestGateway;

/** The one project there is; people of other tenants are told so by services/projects. */
const teach = (taught: TestGateway, dir: () => string): void => {
  taught.projects.answers['projects.repository'] = ({ name }) => {
    if (name !== 'shop') throw new AppError('NOT_FOUND', `There is no project ${JSON.stringify(name)}`, { field: 'name' });
    return { id: 'p1', name, branch: 'main', bare: dir() };
  };
};

beforeAll(async () => {
  at = await aGit();
  source = await aRepository(at.git, join(at.dir, 'source'), { 'a.txt': 'a\n' });
  main = await source.run('rev-parse', 'HEAD');
  change = await source.commit({ 'a.txt': 'b\n' }, 'change');
  bare = await BareRepository.init(at.git, join(at.dir, 'shop.git'), 'sha1');
  await bare.run(['fetch', '--quiet', source.path, `${change}:refs/heads/countersign/r1`, `${main}:refs/heads/main`], { protocols: 'file' });
  const others = ['refs/merge-requests/1/head', 'refs/countersign/requests/r1/mr', 'refs/remotes/source/secret', 'refs/notes/x', 'refs/headsup/x'];
  await bare.updateRefs(others.map((ref) => ({ ref, to: change })));
  gateway = await testGateway({ git: at.git });
  teach(gateway, () => bare.dir);
});
afterAll(async () => {
  await gateway.close();
  await at.remove();
});

afterEach(async () => {
  expect(await gitsAtWork()).toEqual([]);
});

async function gitsAtWork(): Promise<string[]> {
  for (let attempt = 0; ; attempt += 1) {
    const { stdout } = await exec('ps', ['-eo', 'pid=,args=']);
    const found = stdout.split('\n').filter((line) => line.includes(at.dir) && /http-backend|upload-pack|pack-objects/.test(line));
    if (found.length === 0 || attempt > 40) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Plain git as a person has it, with a helper that tells the token. */
async function git(role: Role | 'nobody', args: readonly string[], cwd = at.dir): Promise<{ code: number; stdout: string; stderr: string }> {
  const helper = join(at.dir, `helper-${role}`);
  const token = role === 'nobody' ? 'none' : await gateway.issuer.tokenFor({ subject: role });
  await writeFile(helper, `#!/bin/sh\ncat > "$0.$1"\n[ "$1" = get ] && printf 'username=anybody\\npassword=${token}\\n'\nexit 0\n`);
  await chmod(helper, 0o700);
  const env = { PATH: process.env['PATH'], HOME: at.dir, GIT_CONFIG_NOSYSTEM: '1', GIT_TERMINAL_PROMPT: '0', LC_ALL: 'C' };
  const vector = ['-c', 'credential.helper=', '-c', `credential.helper=${helper}`, '-c', 'user.name=x', '-c', 'user.email=x@x', ...args];
  return exec('git', vector, { cwd, env }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) => ({ code, stdout, stderr }),
  );
}

const urlOf = (project = 'shop'): string => `${gateway.url}/git/${project}.git`;
async function cloned(role: Role, name: string, ...options: string[]): Promise<string> {
  const dir = join(at.dir, name);
  expect(await git(role, ['clone', '--quiet', ...options, urlOf(), dir])).toMatchObject({ code: 0 });
  return dir;
}
const basic = async (role: Role, name = 'x'): Promise<Record<string, string>> => ({
  authorization: `Basic ${Buffer.from(`${name}:${await gateway.issuer.tokenFor({ subject: role })}`).toString('base64')}`,
});
const packet = (text: string): string => (text.length + 4).toString(16).padStart(4, '0') + text;

describe('plain git', () => {
  it('clones, checks out the branch of a request, and fetches the head of its merge request', async () => {
    const dir = await cloned('observer', 'clone');
    expect(await readFile(join(dir, 'a.txt'), 'utf8')).toBe('a\n');
    expect((await git('observer', ['checkout', '--quiet', 'countersign/r1'], dir)).code).toBe(0);
    expect(await readFile(join(dir, 'a.txt'), 'utf8')).toBe('b\n');
    expect((await git('observer', ['fetch', '--quiet', 'origin', 'refs/merge-requests/1/head'], dir)).code).toBe(0);
    expect((await git('observer', ['rev-parse', 'FETCH_HEAD'], dir)).stdout.trim()).toBe(change);
  });

  it.each(['0', '1', '2'])('speaks version %s of the protocol and lists branches and merge requests alone', async (version) => {
    const { stdout } = await git('observer', ['-c', `protocol.version=${version}`, 'ls-remote', urlOf()]);
    expect(stdout.trim().split('\n').map((line) => line.split('\t')[1])).toEqual([
      'HEAD', 'refs/heads/countersign/r1', 'refs/heads/main', 'refs/merge-requests/1/head',
    ]);
    expect((await git('observer', ['-c', `protocol.version=${version}`, 'fetch', urlOf(), 'refs/countersign/requests/r1/mr'], source.path)).code).not.toBe(0);
  });

  it('negotiates with a body that is large enough to be compressed', async () => {
    const dir = await cloned('observer', 'behind');
    for (let index = 0; index < 80; index += 1) await git('observer', ['commit', '--quiet', '--allow-empty', '-m', `own ${index}`], dir);
    const tip = await bare.commit({ tree: `${change}^{tree}`, parents: [main], message: 'next', name: 'x', email: 'x@x', at: '2026-01-01T00:00:00Z' });
    await bare.updateRefs([{ ref: 'refs/heads/next', to: tip, from: null }]);
    expect((await git('observer', ['fetch', '--quiet', 'origin'], dir)).code).toBe(0);
    expect((await git('observer', ['rev-parse', 'origin/next'], dir)).stdout.trim()).toBe(tip);
    await bare.updateRefs([{ ref: 'refs/heads/next', to: null }]);
  });

  it('is told that nothing is pushed here, and changes nothing', async () => {
    const dir = await cloned('admin', 'pushing');
    await git('admin', ['commit', '--quiet', '--allow-empty', '-m', 'mine'], dir);
    const before = await bare.refs('refs/');
    const { code, stderr } = await git('admin', ['push', 'origin', 'HEAD:main'], dir);
    expect(code).not.toBe(0);
    expect(stderr).toContain('remote: FORBIDDEN: Nothing is pushed to Countersign');
    expect(await bare.refs('refs/')).toEqual(before);
  });

  it('is refused without a valid token, and for a project that is unknown or of another tenant', async () => {
    expect((await git('nobody', ['ls-remote', urlOf()])).stderr).toContain('Authentication failed');
    expect((await git('admin', ['ls-remote', urlOf('theirs')])).stderr).toContain('not found');
  });
});

describe('a request over HTTP', () => {
  it('needs a token, as a password or as a bearer, and says so', async () => {
    const refs = '/git/shop.git/info/refs?service=git-upload-pack';
    const none = await gateway.fetch(refs);
    expect([none.status, none.headers.get('www-authenticate')]).toEqual([401, expect.stringContaining('Basic realm="Countersign')]);
    expect(none.text).toBe('UNAUTHENTICATED: Sign in: an access token is needed\n');
    const token = await gateway.issuer.tokenFor({ subject: 'observer' });
    expect((await gateway.fetch(refs, { headers: { authorization: `Bearer ${token}` } })).status).toBe(200);
    expect((await gateway.fetch(refs, { headers: await basic('observer', '') })).status).toBe(200);
    for (const authorization of ['Basic', 'Basic %%%', `Basic ${btoa('observer')}`, `Basic ${btoa(`${token}:`)}`, `Basic ${btoa(`x:${token}x`)}`]) {
      expect((await gateway.fetch(refs, { headers: { authorization } })).status).toBe(401);
    }
    // A name and a password open git alone.
    expect((await gateway.fetch('/graphql', { method: 'POST', headers: { ...(await basic('admin')), 'content-type': 'application/json' }, body: '{}' })).status).toBe(401);
  });

  it('asks services/projects as that person before anything is read', async () => {
    const token = await gateway.issuer.tokenFor({ subject: 'observer' });
    await gateway.fetch('/git/shop.git/info/refs?service=git-upload-pack', { headers: { authorization: `Bearer ${token}` } });
    expect(gateway.projects.calls.filter(({ name }) => name === 'projects.repository').at(-1)).toEqual({ name: 'projects.repository', input: { name: 'shop' }, credential: token });
  });

  it('is refused to who is suspended or holds no role', async () => {
    const other = await testGateway({ git: at.git });
    teach(other, () => bare.dir);
    const headers = { authorization: `Bearer ${await other.issuer.tokenFor({ subject: 'observer' })}` };
    for (const over of [{ active: false }, { grants: [] }]) {
      other.projects.answers['people.me'] = () => ({ ...aViewer('observer', over), ...(over.grants && { grants: [] }) });
      expect((await other.fetch('/git/shop.git/info/refs?service=git-upload-pack', { headers })).status).toBe(403);
    }
    await other.close();
  });

  it.each([
    ['/git/shop.git/info/refs', 403],
    ['/git/shop.git/info/refs?service=git-upload-archive', 403],
    ['/git/shop.git/info/refs?service=git-upload-pack&service=git-upload-pack', 403],
    ['/git/shop.git/HEAD', 404],
    ['/git/shop.git/config', 404],
    ['/git/shop.git/objects/info/packs', 404],
    ['/git/shop.git', 404],
    ['/git/', 404],
    ['/git/..%2fshop.git/info/refs?service=git-upload-pack', 404],
    ['/git/%2e%2e%2f%2e%2e%2fetc.git/info/refs?service=git-upload-pack', 404],
    ['/git/Shop.git/info/refs?service=git-upload-pack', 404],
    ['/git/-x.git/info/refs?service=git-upload-pack', 404],
    ['/git/shop%00.git/info/refs?service=git-upload-pack', 404],
    ['/git/shop.git/..%2f..%2fpasswd/info/refs?service=git-upload-pack', 404],
    ['/git/theirs.git/info/refs?service=git-upload-pack', 404],
  ])('%s is %d', async (path, status) => {
    const answer = await gateway.fetch(path, { headers: await basic('admin') });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([status, 'text/plain; charset=utf-8']);
  });

  it('posts nothing to be written, and nothing that is not of git', async () => {
    const headers = await basic('admin');
    const post = async (path: string, more: object): Promise<number> =>
      (await gateway.fetch(`/git/shop.git/${path}`, { method: 'POST', body: '0000', headers: { ...headers, ...more } })).status;
    expect(await post('git-receive-pack', { 'content-type': 'application/x-git-receive-pack-request' })).toBe(403);
    expect(await post('git-upload-pack', { 'content-type': 'text/plain' })).toBe(400);
    expect(await post('git-upload-pack', { ...FETCH, 'content-encoding': 'br' })).toBe(400);
    expect(await post('git-upload-pack', { ...FETCH, 'content-encoding': 'gzip' })).toBe(400);
  });

  it('may not hold a bomb', async () => {
    const headers = { ...(await basic('admin')), ...FETCH, 'content-encoding': 'gzip' };
    const body = gzipSync(Buffer.alloc(DEFAULT_LIMITS.gitBodyBytes + 1, '0'));
    expect(body.length).toBeLessThan(100_000);
    const answer = await gateway.fetch('/git/shop.git/git-upload-pack', { method: 'POST', body, headers });
    expect([answer.status, answer.text]).toEqual([400, expect.stringContaining('larger than')]);
  });

  it('hands no version on that is not a plain one', async () => {
    const headers = { ...(await basic('observer')), 'git-protocol': 'version=2:object-format=x' };
    const { status, text } = await gateway.fetch('/git/shop.git/info/refs?service=git-upload-pack', { headers });
    expect([status, text.slice(0, 34)]).toEqual([200, '001e# service=git-upload-pack\n0000']);
    expect(text).toContain(`${main} refs/heads/main`);
  });

  it('says that the repository cannot be read without saying where it should lie', async () => {
    const other = await testGateway({ git: at.git });
    teach(other, () => join(at.dir, 'gone.git'));
    const answer = await other.fetch('/git/shop.git/info/refs?service=git-upload-pack', {
      headers: { authorization: `Bearer ${await other.issuer.tokenFor({ subject: 'observer' })}` },
    });
    expect(answer.status).toBe(500);
    expect(answer.text).not.toContain(at.dir);
    await other.close();
  });
});

describe('limits', () => {
  /** A client that asks for everything and reads nothing. */
  async function stalled(url: string, token: string, big: string): Promise<() => void> {
    const { hostname, port } = new URL(url);
    const body = `${packet('command=fetch')}0001${packet(`want ${big}\n`)}${packet('done\n')}0000`;
    const socket = connect(Number(port), hostname);
    socket.pause();
    socket.write(
      `POST /git/shop.git/git-upload-pack HTTP/1.1\r\nHost: ${hostname}:${port}\r\nAuthorization: Bearer ${token}\r\nGit-Protocol: version=2\r\n` +
        `Content-Type: ${FETCH['content-type']}\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    // The answer has begun, so git is at work; its first bytes stay where they are.
    await once(socket, 'readable');
    return () => socket.destroy();
  }

  async function big(): Promise<string> {
    await mkdir(join(source.path, 'big'), { recursive: true });
    await writeFile(join(source.path, 'big', 'noise'), randomBytes(30_000_000));
    const commit = await source.commit({ 'b.txt': 'b' }, 'big');
    await bare.run(['fetch', '--quiet', source.path, `${commit}:refs/heads/big`], { protocols: 'file' });
    return commit;
  }

  it('bounds the gits of one person, holds back for a slow reader, and ends git with its client', async () => {
    const commit = await big();
    const limited = await testGateway({ git: at.git, limits: { ...DEFAULT_LIMITS, gitPerPerson: 2, gitInAll: 3 } });
    teach(limited, () => bare.dir);
    const token = await limited.issuer.tokenFor({ subject: 'observer' });
    const refs = async (subject: Role): Promise<number> =>
      (await limited.fetch('/git/shop.git/info/refs?service=git-upload-pack', { headers: { authorization: `Bearer ${await limited.issuer.tokenFor({ subject })}` } })).status;
    const until = async (status: number): Promise<void> => {
      for (let attempt = 0; (await refs('observer')) !== status && attempt < 100; attempt += 1) await new Promise((resolve) => setTimeout(resolve, 30));
    };
    const gone = [await stalled(limited.url, token, commit), await stalled(limited.url, token, commit)];
    try {
      expect([await refs('observer'), await refs('admin')]).toEqual([429, 200]);
      const before = process.memoryUsage().rss;
      await new Promise((resolve) => setTimeout(resolve, 500));
      expect(process.memoryUsage().rss - before).toBeLessThan(20_000_000);
      expect((await exec('ps', ['-eo', 'args='])).stdout).toMatch(/http-backend/);
    } finally {
      for (const leave of gone) leave();
    }
    await until(200);
    expect(await refs('observer')).toBe(200);
    await limited.close();
  }, 60_000);

  it('ends at the deadline with an answer that is visibly cut', async () => {
    const limited = await testGateway({ git: at.git, limits: { ...DEFAULT_LIMITS, gitDeadlineMs: 1 } });
    teach(limited, () => bare.dir);
    const answer = await limited
      .fetch('/git/shop.git/info/refs?service=git-upload-pack', { headers: { authorization: `Bearer ${await limited.issuer.tokenFor({ subject: 'observer' })}` } })
      .then(({ status }) => status, () => 'cut');
    expect(['cut', 503]).toContain(answer);
    await limited.close();
  });

  it('leaves nothing in the repository', async () => {
    expect((await readdir(bare.dir)).filter((name) => name.endsWith('.lock'))).toEqual([]);
  });
});
