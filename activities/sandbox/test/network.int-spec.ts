import { execFileSync } from 'node:child_process';
import { chmod, chown, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';

import type { Facts } from '@countersign/domain';
import { sha256Hex } from '@countersign/domain/digest';
import { someSettings } from '@countersign/domain/testing';
import { egressBrokers } from '@countersign/egress';
import { aRule, BrokerWorld, logOf, type Upstream } from '@countersign/egress/testing';
import { aGit, aRepository } from '@countersign/git/testing';
import { BubblewrapSandboxAdapter, DockerSandboxAdapter, type ExecResult, type SandboxPort, type SandboxSession } from '@countersign/sandbox';
import { aBriefing, fakeRequestRecords } from '@countersign/workflow-contracts/testing';

import { DEFAULT_CHECK_LIMITS, diskWorkspaces, sandboxActivities } from '../src/index.js';

const RUN = { workflowId: 'request-r1', runId: 'run-1' };
const SANDBOX_USER = 10_001;
const KEY = 'sesame-0f3b9a';
const COMMIT = 'c'.repeat(40);
jest.setTimeout(120_000);

/** What a program inside gets to know, in one word per attempt. */
const ASK = `
const ask = async (url, options) => {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(20000), ...options });
    return answer.status + ' ' + (await answer.text()).trim();
  } catch (error) {
    return 'failed ' + (error.cause?.message ?? error.message);
  }
};`;
const REACH = `
const { connect } = require('node:net');
const reach = (host, port) => new Promise((resolve) => {
  const socket = connect({ host, port, timeout: 1500 });
  socket.once('connect', () => resolve('REACHED'));
  socket.once('timeout', () => resolve('no answer'));
  socket.once('error', (error) => resolve(error.code));
});`;

function imageOfRun(): string {
  const image = process.env['COUNTERSIGN_SANDBOX_IMAGE'];
  if (!image) throw new Error('COUNTERSIGN_SANDBOX_IMAGE is not set: this suite has to run with the global setup of packages/testing.');
  return image;
}

type Made = { readonly sandbox: SandboxPort; readonly image: string };

function onDocker(): Made {
  const host = process.env['DOCKER_HOST'];
  return { sandbox: new DockerSandboxAdapter({ installation: `net-${process.pid}`, ...(host && { host }) }), image: imageOfRun() };
}

/** Installs the program and unpacks the image where a machine has neither. */
function onBubblewrap(folder: string): Made {
  const script = join(__dirname, '../../../scripts/provision-bubblewrap.mjs');
  const said = execFileSync(process.execPath, [script], { encoding: 'utf8' }).trim().split('\n').at(-1) ?? '';
  const { ok, image, where, tree, fix } = JSON.parse(said) as { ok: boolean; image: string; where: string; tree?: string; fix?: string };
  if (!ok) throw new Error(`There is no bubblewrap to test: ${fix}`);
  return { sandbox: new BubblewrapSandboxAdapter({ stateDir: join(folder, 'state'), image, program: where, ...(tree !== undefined && { root: tree }) }), image };
}

describe.each([['docker', onDocker], ['bubblewrap', onBubblewrap]] as const)('the way out of a sandbox: %s', (_name, make) => {
  let world: BrokerWorld;
  let api: Upstream;
  let open: Upstream;
  let tunnelled: Upstream;
  let broker: Awaited<ReturnType<BrokerWorld['broker']>>;
  let folder: string;
  let sandbox: SandboxPort;
  let session: SandboxSession;
  let workspace: string;
  let lookups = 0;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'network-'));
    await chmod(folder, 0o755);
    workspace = join(folder, 'workspace');
    await mkdir(workspace, { mode: 0o755 });
    const made = make(folder);
    sandbox = made.sandbox;
    if (process.getuid?.() === 0) await chown(workspace, SANDBOX_USER, SANDBOX_USER);
    const owner = process.getuid?.() === 0 ? { uid: SANDBOX_USER, gid: SANDBOX_USER } : { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
    world = await BrokerWorld.open();
    api = await world.upstream({ answer: (req, res) => void res.end(req.url?.includes('info/refs') ? `${COMMIT}\trefs/heads/main\n` : 'x'.repeat(req.url === '/large' ? 5000 : 2)) });
    // On every address of this machine: whatever leads out of the sandbox would find it.
    open = await world.upstream({ plain: true, bind: '::' });
    tunnelled = await world.upstream({ host: 'tunnel.test' });
    broker = await world.broker(
      [
        aRule({ port: api.port, credential: 'api' }),
        aRule({ host: 'tunnel.test', port: tunnelled.port, tunnel: true }),
        aRule({ host: 'rebind.test', port: api.port }),
        aRule({ host: '169.254.169.254', port: 80 }),
      ],
      {
        owner,
        credentials: new Map([['api', { hosts: ['api.test'], header: 'authorization', value: `Bearer ${KEY}`, projects: '*' }]]),
        upstream: {
          privateHosts: ['api.test', 'tunnel.test', '169.254.169.254'],
          resolve: async (name) => [name !== 'rebind.test' ? '127.0.0.1' : (lookups += 1) === 1 ? '93.184.216.34' : '127.0.0.1'],
        },
        limits: { requestBytes: 1000, responseBytes: 1000, totalBytes: 1_000_000, requestsPerMinute: 1000, connections: 20, requestTimeoutMs: 10_000, connectTimeoutMs: 1000 },
      },
    );
    session = await sandbox.open({
      name: 'r1-network',
      requestId: 'r1',
      image: made.image,
      workspace,
      workspaceReadOnly: false,
      mounts: [],
      env: {},
      limits: DEFAULT_CHECK_LIMITS.sandbox,
      egress: { socket: broker.socket, caFile: broker.caFile },
    });
  });
  afterAll(async () => {
    await session?.stop();
    await sandbox?.destroy('r1');
    await world?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const run = (argv: readonly string[]): Promise<ExecResult> => session.exec({ argv, timeoutMs: 60_000, maxOutputBytes: 200_000 });
  const inside = async (program: string): Promise<unknown> => {
    const { exitCode, stdout, stderr } = await run(['node', '-e', `(async () => { ${program} })().then((said) => console.log(JSON.stringify(said)))`]);
    if (exitCode !== 0) throw new Error(`${exitCode}: ${stderr}`);
    return JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
  };

  it('lets node and git through to what the rules allow, with the key put in outside', async () => {
    expect(await inside(`${ASK} return ask('https://api.test:${api.port}/x', { headers: { authorization: 'mine' } });`)).toBe('200 xx');
    const git = await run(['git', 'ls-remote', `https://api.test:${api.port}/repo.git`]);
    expect(git).toMatchObject({ exitCode: 0, stdout: expect.stringContaining(`${COMMIT}\trefs/heads/main`) });
    expect(new Set(api.asked.map(({ headers }) => headers.authorization))).toEqual(new Set([`Bearer ${KEY}`]));
  });

  it('has the key nowhere inside', async () => {
    const environments = await inside(`const { readdirSync, readFileSync } = require('node:fs');
      return readdirSync('/proc').filter((name) => /^\\d+$/.test(name)).map((pid) => { try { return readFileSync('/proc/' + pid + '/environ', 'utf8'); } catch { return ''; } }).join('');`);
    expect(environments).toContain('PROXY');
    expect(environments).not.toContain(KEY);
    // The word is put together inside, so that the search does not find itself.
    const files = await run(['sh', '-c', `grep -rlsI "sesame""-0f3b9a" /run /tmp /workspace /etc /home /var /root /usr/local /dev/shm; grep -lsI "sesame""-0f3b9a" /proc/*/environ; true`]);
    expect([files.exitCode, files.stdout]).toEqual([0, '']);
    expect(await inside(`${ASK} const answer = await fetch('https://api.test:${api.port}/x'); return [...answer.headers].join();`)).not.toContain(KEY);
  });

  it('refuses other methods, other hosts, addresses, metadata and sizes through the proxy, and says why', async () => {
    const at = `https://api.test:${api.port}`;
    const said = (await inside(`${ASK} return [await ask('${at}/x', { method: 'POST', body: 'x' }), await ask('${at}/large'), await ask('https://other.test/'), await ask('https://10.1.2.3/'),
      await ask('http://169.254.169.254/latest/meta-data/'), await ask('https://rebind.test:${api.port}/'), await ask('https://rebind.test:${api.port}/'), await ask('http://api.test:${open.port}/')];`)) as string[];
    expect(said.slice(0, 2)).toEqual([expect.stringMatching(/^403 .*no rule allows POST/), expect.stringMatching(/^413 .*larger than 1000 bytes/)]);
    for (const word of said.slice(2)) expect(word).toMatch(/^(403|502|failed)/);
    expect(said.every((word) => !word.startsWith('200'))).toBe(true);
    expect(open.asked).toEqual([]);
  });

  it('passes a tunnel through with the certificate of the other side', async () => {
    expect(await inside(`${ASK} return ask('https://tunnel.test:${tunnelled.port}/t', { method: 'POST', body: 'x' });`)).toBe('200 served /t');
    expect(tunnelled.asked[0]?.headers.authorization).toBeUndefined();
  });

  it('leads nowhere by raw sockets: not to this machine, its bridges, the metadata address, nor the internet', async () => {
    // What nobody reaches anyway would prove nothing.
    expect((await fetch(`http://127.0.0.1:${open.port}/`)).status).toBe(200);
    open.asked.length = 0;
    const own = Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address, scopeid }) => (scopeid ? `${address}%lo` : address)));
    const targets = [...new Set([...own, '127.0.0.1', '::1', '172.17.0.1', '172.18.0.1', '192.168.65.1', '10.0.2.2', 'fe80::1%lo', '1.1.1.1', '2606:4700:4700::1111'])];
    const tried = (await inside(`${REACH} return Promise.all(${JSON.stringify(targets)}.map(async (host) => [host, await reach(host, ${open.port})]));`)) as [string, string][];
    expect(tried.filter(([, result]) => result === 'REACHED')).toEqual([]);
    expect(await inside(`${REACH} return Promise.all([['169.254.169.254', 80], ['fd00:ec2::254', 80], ['1.1.1.1', 53]].map(([host, port]) => reach(host, port)));`)).not.toContain('REACHED');
    expect(open.asked).toEqual([]);
    expect(await inside(`return Object.keys(require('node:os').networkInterfaces());`)).toEqual(['lo']);
  });

  it('has no DNS, no UDP and no ICMP', async () => {
    const names = await inside(`const { promises } = require('node:dns'); const quiet = new promises.Resolver({ timeout: 500, tries: 1 }); quiet.setServers(['8.8.8.8', '172.17.0.1']);
      return [await promises.lookup('example.com').then(() => 'FOUND', (error) => error.code), await quiet.resolve4('example.com').then(() => 'FOUND', (error) => error.code)];`);
    expect(names).not.toContain('FOUND');
    const datagrams = await inside(`const { createSocket } = require('node:dgram');
      return Promise.all(['172.17.0.1', '8.8.8.8'].map((host) => new Promise((resolve) => { const socket = createSocket('udp4'); socket.send('x', 53, host, (error) => { socket.close(); resolve(error ? error.code : 'SENT'); }); })));`);
    expect(datagrams).not.toContain('SENT');
    const raw = await run(['perl', '-MSocket', '-e', 'exit(socket(my $s, PF_INET, SOCK_RAW, 1) ? 0 : 3)']);
    expect(raw.exitCode).toBe(3);
    const echo = await run(['perl', '-MSocket', '-e', 'socket(my $s, PF_INET, SOCK_DGRAM, 1) or exit 3; send($s, "x" x 16, 0, pack_sockaddr_in(0, inet_aton("1.1.1.1"))) or exit 4; exit 0']);
    expect([3, 4]).toContain(echo.exitCode);
  });

  it('writes down everything that was asked, without keys and queries', async () => {
    await inside(`${ASK} return ask('https://api.test:${api.port}/y?secret=1');`);
    const log = await logOf(broker);
    expect(JSON.stringify(log)).not.toMatch(new RegExp(`${KEY}|secret=`));
    expect(log).toContainEqual(expect.objectContaining({ host: 'api.test', path: '/y', status: 200, allowed: true, credential: 'api', tunnel: false }));
    expect(log).toContainEqual(expect.objectContaining({ host: 'tunnel.test', tunnel: true, allowed: true }));
    const refused = log.filter(({ allowed }) => !allowed).map(({ host }) => host);
    for (const host of ['api.test', 'other.test', '10.1.2.3', '169.254.169.254', 'rebind.test']) expect(refused).toContain(host);
  });
});

describe('a check of a project with network rules', () => {
  it('reaches what its setup may reach, and nothing while it tests; people see both', async () => {
    const world = await BrokerWorld.open();
    const { git, dir, remove } = await aGit();
    const host = process.env['DOCKER_HOST'];
    const sandbox = new DockerSandboxAdapter({ installation: `netcheck-${process.pid}`, ...(host && { host }) });
    try {
      const { port, asked } = await world.upstream({ host: 'registry.test' });
      const source = await aRepository(git, join(dir, 'source'), { 'ask.mjs': `const answer = await fetch('https://registry.test:${port}/pkg');\nprocess.exit(answer.ok ? 0 : 9);\n` });
      const head = await source.run('rev-parse', 'HEAD');
      await writeFile(join(dir, 'ca.pem'), world.authority.pem);
      const credential = { hosts: ['registry.test'], header: 'Authorization', value: `Bearer ${KEY}`, projects: '*' };
      await writeFile(join(dir, 'egress.json'), JSON.stringify({ registry: credential }), { mode: 0o600 });
      const settings = someSettings({
        setupCommand: 'node ask.mjs',
        testCommand: 'node ask.mjs',
        egress: { setup: [aRule({ host: 'registry.test', port, credential: 'registry' })], execute: [] },
      });
      const brief = aBriefing();
      const records = fakeRequestRecords({ ...brief, project: { ...brief.project, bare: join(dir, 'source', '.git'), settings } });
      const diff = { sha256: 'c'.repeat(64), bytes: 1, name: 'patch', mediaType: 'text/x-diff' };
      const data = { attempt: 1, baseCommit: head, headCommit: head, tree: head, steps: 1, diff, files: [], limitsNotEnforced: [] };
      const { id: executionId } = await records.putFact('r1', RUN, { kind: 'execution', key: 'execution', data });
      const stored = new Map<string, string>();
      const logged: string[] = [];
      const { check } = sandboxActivities({
        records,
        sandbox,
        dependencies: { prepare: async () => ({ installedAt: undefined, cache: undefined }), watch: async () => undefined, discard: async () => undefined },
        egress: egressBrokers({
          dir: join(dir, 'egress'),
          credentialsFile: join(dir, 'egress.json'),
          extraCaFile: join(dir, 'ca.pem'),
          privateHosts: ['registry.test'],
          resolve: async () => ['127.0.0.1'],
        }),
        workspaces: diskWorkspaces({ git, dataDir: join(dir, 'data') }),
        artifacts: {
          put: async (bytes, about) => {
            stored.set(about.name, Buffer.from(bytes).toString());
            return { sha256: sha256Hex(bytes), bytes: bytes.length, ...about };
          },
        },
        log: () => ({ append: async (text) => void logged.push(text) }),
        redact: (text) => text,
        images: { imageOf: async () => imageOfRun() },
        limits: DEFAULT_CHECK_LIMITS,
        run: () => RUN,
        signal: () => undefined,
        heartbeat: () => undefined,
      });
      const { factId } = await check({ requestId: 'r1', executionId });
      const checks = records.facts.find(({ id }) => id === factId)?.data as Facts['checks'];
      expect(checks.results.map(({ name, exitCode }) => [name, exitCode])).toEqual([['setup', 0], ['test', 1]]);
      expect(asked.map(({ headers }) => headers.authorization)).toEqual([`Bearer ${KEY}`, `Bearer ${KEY}`]);
      const facts = records.facts.filter(({ kind }) => kind === 'egress').map((fact) => fact.data as Facts['egress']);
      expect(facts.map(({ phase, allowed, refused, refusedHosts }) => [phase, allowed, refused, refusedHosts])).toEqual(
        ['check-base', 'check'].flatMap(() => [['setup', 1, 0, []], ['execute', 0, 1, [`registry.test:${port}`]]]),
      );
      expect(logged.join('')).toContain(`[check: network] refused CONNECT registry.test:${port}: no rule allows registry.test:${port}`);
      expect([...stored.values(), ...logged, JSON.stringify(records.facts)].join('')).not.toContain(KEY);
    } finally {
      await sandbox.destroy('r1');
      await world.close();
      await remove();
    }
  });
});
