import { mkdir, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { networkInterfaces } from 'node:os';
import { dirname, join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { anExec, type SandboxHarness } from './sandbox.contract.js';
import type { SandboxSession, SandboxSpec } from './sandbox.port.js';

const CA = '-----BEGIN CERTIFICATE-----\nof this run\n-----END CERTIFICATE-----\n';
const BIG = 3_000_000;

/** The least that speaks HTTP proxy: it answers every plain request itself and opens no tunnel. */
async function aBroker(path: string): Promise<{ readonly server: Server; readonly asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    let bytes = 0;
    request.on('data', (chunk: Buffer) => (bytes += chunk.length));
    request.on('end', () => response.end(request.url?.endsWith('/big') ? 'x'.repeat(BIG) : `broker saw ${bytes} bytes`));
  });
  server.on('connect', (request, socket) => {
    asked.push(`CONNECT ${request.url}`);
    socket.end('HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n');
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return { server, asked };
}

const GET = `const [url, body] = process.argv.slice(1); const { request } = require('node:http');
const call = request(url, { method: body ? 'POST' : 'GET' }, (r) => { let text = ''; r.on('data', (d) => text += d).on('end', () => console.log(r.statusCode, text)); });
call.on('error', (e) => { console.log(e.code); process.exit(1); }).end(body);`;

/** Tries every way out that a program has; `[what, outcome]` of each. Only a connection or an answer is a way out. */
const TRY_ALL = `
const { connect, createConnection } = require('node:net'); const { createSocket } = require('node:dgram'); const { Resolver, lookup } = require('node:dns');
const [hosts, ports] = JSON.parse(process.argv[1]);
const tcp = (host, port) => new Promise((done) => { const s = connect({ host, port, timeout: 1500 });
  s.on('connect', () => { s.destroy(); done('CONNECTED'); }).on('error', (e) => done(e.code)).on('timeout', () => { s.destroy(); done('TIMEOUT'); }); });
const udp = (host, port) => new Promise((done) => { const s = createSocket(host.includes(':') ? 'udp6' : 'udp4'); const end = (what) => { try { s.close(); } catch {} done(what); };
  s.on('error', (e) => end(e.code)).on('message', () => end('ANSWERED')); s.send(Buffer.from('0123000100000001', 'hex'), port, host, (e) => e && end(e.code)); setTimeout(() => end('SILENT'), 700); });
const dns = (server) => new Promise((done) => { const r = new Resolver({ timeout: 700, tries: 1 }); r.setServers([server]); r.resolve4('example.com', (e, a) => done(e ? e.code : 'RESOLVED')); });
const name = new Promise((done) => lookup('example.com', (e) => done(e ? e.code : 'RESOLVED')));
(async () => { const tries = [['name', name]];
  for (const host of hosts) { for (const port of ports) tries.push(['tcp ' + host + ' ' + port, tcp(host, port)]); tries.push(['udp ' + host, udp(host, 53)]); if (!host.includes('%')) tries.push(['dns ' + host, dns(host.includes(':') ? '[' + host + ']' : host)]); }
  console.log(JSON.stringify(await Promise.all(tries.map(async ([what, outcome]) => [what, await outcome])))); })();`;

const WAYS_OUT = ['CONNECTED', 'ANSWERED', 'RESOLVED'];

/** Every address of this machine, which among others are the gateways of all its bridges, and some of the world. */
function targets(): readonly string[] {
  const own = Object.values(networkInterfaces()).flatMap((addresses) => (addresses ?? []).filter(({ internal }) => !internal).map(({ address }) => address));
  const neighbours = own.filter((address) => /^\d/.test(address)).map((address) => address.replace(/\.\d+$/, '.1'));
  const world = ['1.1.1.1', '8.8.8.8', '169.254.169.254', '172.17.0.1', '192.168.0.1', '10.0.0.1', '2606:4700:4700::1111', 'fd00:ec2::254', 'fe80::1'];
  return [...new Set([...own, ...neighbours, ...world])];
}

/** The way out that a specification may name, and that there is no other, with it and without. */
export function describeEgress(name: string, makeHarness: () => Promise<SandboxHarness>): void {
  describe(`sandbox egress: ${name}`, () => {
    let harness: SandboxHarness;
    let broker: Awaited<ReturnType<typeof aBroker>>;
    let outside: Server;
    let outsidePort: number;
    let spec: SandboxSpec;
    let session: SandboxSession;
    let sealed: SandboxSession;
    beforeAll(async () => {
      harness = await makeHarness();
      const plain = await harness.aSpec({ name: 'with-egress', requestId: 'egress' });
      const folder = join(dirname(plain.workspace), 'egress');
      await mkdir(folder, { mode: 0o700 });
      const egress = { socket: join(folder, 'broker.sock'), caFile: join(folder, 'ca.pem') };
      await writeFile(egress.caFile, CA, { mode: 0o644 });
      broker = await aBroker(egress.socket);
      // Something of the host that anybody on its networks could reach.
      outside = createServer((_request, response) => response.end('the host'));
      await new Promise<void>((resolve) => outside.listen(0, '::', resolve));
      outsidePort = (outside.address() as { port: number }).port;
      spec = { ...plain, egress };
      session = await harness.sandbox.open(spec);
      sealed = await harness.sandbox.open(await harness.aSpec({ name: 'sealed', requestId: 'egress' }));
    });
    afterAll(async () => {
      await harness.sandbox.destroy('egress');
      broker.server.close();
      outside.close();
      await harness.close();
    });

    const node = async (on: SandboxSession, script: string, ...args: string[]) => on.exec(anExec(['node', '-e', script, ...args], { maxOutputBytes: 2 * BIG }));

    it('reaches the broker by the environment alone', async () => {
      const result = await node(session, GET, 'http://example.com/page', 'abc');
      expect(result).toMatchObject({ exitCode: 0, stdout: '200 broker saw 3 bytes\n' });
      expect(broker.asked).toContain('POST http://example.com/page');
    });

    it('passes much, many at a time, and what the broker refuses', async () => {
      const all = await Promise.all(Array.from({ length: 4 }, () => node(session, GET, 'http://example.com/big')));
      expect(all.map(({ stdout }) => stdout.length)).toEqual(Array(4).fill('200 \n'.length + BIG));
      // fetch of node asks for a tunnel, for plain HTTP as well.
      expect((await node(session, "fetch('https://example.com/').then(() => console.log('in'), () => console.log('refused'))")).stdout).toBe('refused\n');
      expect(broker.asked).toContain('CONNECT example.com:443');
    });

    it('tells every common program which authorities to trust, in a file that cannot be changed', async () => {
      const { stdout } = await session.exec(anExec(['sh', '-c', 'cat "$SSL_CERT_FILE"; echo x >> "$SSL_CERT_FILE" || echo refused; for n in NODE_EXTRA_CA_CERTS REQUESTS_CA_BUNDLE GIT_SSL_CAINFO CURL_CA_BUNDLE PIP_CERT npm_config_cafile CARGO_HTTP_CAINFO; do eval "test \\$$n = $SSL_CERT_FILE" || echo $n; done']));
      expect(stdout).toBe(`${CA}refused\n`);
    });

    it('has no other listener on its loopback', async () => {
      // State 0A listens; every line of udp is one.
      const listeners = "cat /proc/net/tcp /proc/net/tcp6 | awk '$4 == \"0A\" {print $2}'; tail -qn +2 /proc/net/udp /proc/net/udp6 /proc/net/raw /proc/net/raw6";
      expect((await session.exec(anExec(['sh', '-c', listeners]))).stdout).toBe('0100007F:0C38\n');
      expect((await sealed.exec(anExec(['sh', '-c', listeners]))).stdout).toBe('');
    });

    it.each([['with a broker', () => session], ['without one', () => sealed]])('has no other way out, %s: TCP, UDP, DNS, IPv6, the host, its bridges, metadata', async (_name, on) => {
      const { stdout, stderr } = await node(on(), TRY_ALL, JSON.stringify([targets(), [outsidePort, 22, 53, 80, 443, 2375]]));
      const outcomes = JSON.parse(stdout === '' ? JSON.stringify([[stderr, 'CONNECTED']]) : stdout) as [string, string][];
      expect(outcomes.length).toBeGreaterThan(50);
      expect(outcomes.filter(([, outcome]) => WAYS_OUT.includes(outcome))).toEqual([]);
    });

    it.each([['with a broker', () => session], ['without one', () => sealed]])('sends no ICMP and opens no raw, packet or hypervisor socket, %s', async (_name, on) => {
      const sockets = [['ICMP raw', 2, 3, 1], ['ICMPv6 raw', 10, 3, 58], ['packet', 17, 3, 768], ['vsock', 40, 1, 0], ['alg', 38, 5, 0]] as const;
      for (const [what, family, kind, protocol] of sockets) {
        const script = `use Socket; socket(S, ${family}, ${kind}, ${protocol}) or exit 3; exit 3 if ${family} == 38 || ${family} == 40 && !connect(S, pack("SSLLL", 40, 0, 1024, 2, 0))`;
        expect([what, (await on().exec(anExec(['perl', '-e', script]))).exitCode]).toEqual([what, 3]);
      }
      // An unprivileged echo request, where the kernel allows this group one, has nowhere to go.
      const ping = 'use Socket; socket(S, 2, 2, 1) or exit 3; send(S, pack("CCnnn", 8, 0, 0xf7ff, 0, 0), 0, pack_sockaddr_in(0, inet_aton("1.1.1.1"))) or exit 3';
      expect((await on().exec(anExec(['perl', '-e', ping]))).exitCode).toBe(3);
    });

    it('still has its way out after a deadline ended everything inside', async () => {
      expect(await session.exec(anExec(['sleep', '60'], { timeoutMs: 300 }))).toMatchObject({ timedOut: true });
      expect((await node(session, GET, 'http://example.com/')).stdout).toBe('200 broker saw 0 bytes\n');
    });

    it('has a way out to the new broker of a later attempt', async () => {
      await new Promise((resolve) => {
        broker.server.close(resolve);
        broker.server.closeAllConnections();
      });
      broker = await aBroker(spec.egress?.socket ?? '');
      session = await harness.again().open(spec);
      expect((await node(session, GET, 'http://later.example/')).stdout).toBe('200 broker saw 0 bytes\n');
      expect(broker.asked).toEqual(['GET http://later.example/']);
      expect((await harness.sandbox.list()).map(({ name: open }) => open).sort()).toEqual(['sealed', 'with-egress']);
    });

    it('refuses to open without the broker that it was told of', async () => {
      const egress = { socket: join(dirname(spec.workspace), 'no.sock'), caFile: spec.egress?.caFile ?? '' };
      await expect(harness.sandbox.open({ ...spec, name: 'no-broker', egress })).rejects.toMatchObject({ code: 'SANDBOX_UNAVAILABLE' });
    });

    it('leaves nothing of itself when it is stopped', async () => {
      await session.stop();
      await sealed.stop();
      expect(await harness.sandbox.list()).toEqual([]);
    });
  });
}
