import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { exportJWK, generateKeyPair, importJWK, type JWK, jwtVerify } from 'jose';

import type { Io } from '../src/io.js';
import { runCli } from '../src/program.js';
import { FakeLive } from './fake-live.js';

export type Operation = { readonly query: string; readonly variables: Record<string, unknown>; readonly headers: IncomingMessage['headers'] };
export type RestCall = { readonly body: string; readonly authorization: string | undefined };
type RestAnswer = { readonly status: number; readonly body: string | Buffer; readonly headers?: Record<string, string> };
type GraphqlAnswer = { data?: unknown; errors?: { message: string; extensions: { code: string; field?: string } }[] };

export type Ran = { readonly exit: number; readonly stdout: string; readonly stderr: string; json<Shape>(): Shape };

/** A gateway and an issuer over HTTP, a data folder, and a terminal that is not one. */
export class FakeInstallation {
  readonly operations: Operation[] = [];
  readonly refreshed: string[] = [];
  readonly asked: string[] = [];
  /** What the gateway answers, by a word of the document. */
  readonly answers: Record<string, (operation: Operation) => GraphqlAnswer> = {};
  /** What the REST API answers, by method and path. */
  readonly rest: Record<string, (call: RestCall) => RestAnswer> = {};
  expiresIn = 900;
  reply = 'n';
  interactive = false;
  stdin = '';
  /** Ctrl-C, while a command listens for it. */
  interrupt: (() => void) | undefined;
  hasBubblewrap = false;
  private clock = Date.now();

  private constructor(
    readonly dir: string,
    readonly url: string,
    readonly live: FakeLive,
    private readonly stop: () => void,
  ) {}

  static async start(): Promise<FakeInstallation> {
    const dir = await mkdtemp(join(tmpdir(), 'cli-'));
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const live = new FakeLive(server);
    const fake = new FakeInstallation(dir, url, live, () => void server.close(() => undefined).closeAllConnections());
    server.on('request', (req, res) => void fake.handle(req, res));
    const { privateKey } = await generateKeyPair('EdDSA', { extractable: true });
    await mkdir(join(dir, 'data', 'identity'), { recursive: true });
    await writeFile(join(dir, 'data', 'identity', 'operator.jwk'), JSON.stringify(await exportJWK(privateKey)), { mode: 0o600 });
    await chmod(join(dir, 'data'), 0o700);
    await writeFile(join(dir, 'data', 'state.json'), JSON.stringify({ addresses: { gateway: url, issuer: url, console: 'http://console.test' } }));
    return fake;
  }

  async close(): Promise<void> {
    this.live.close();
    this.stop();
    await rm(this.dir, { recursive: true });
  }

  pass(ms: number): void {
    this.clock += ms;
  }

  now(): number {
    return this.clock;
  }

  async run(line: readonly string[], env: Record<string, string> = {}): Promise<Ran> {
    const out = { stdout: '', stderr: '' };
    const io: Io = {
      env: { PATH: process.env['PATH'], COUNTERSIGN_DATA_DIR: join(this.dir, 'data'), XDG_CONFIG_HOME: join(this.dir, 'config'), ...env },
      cloneDir: this.dir,
      stdout: { isTty: this.interactive, write: (text) => void (out.stdout += text) },
      stderr: { isTty: false, write: (text) => void (out.stderr += text) },
      isInteractive: this.interactive,
      readStdin: async () => this.stdin,
      ask: async (question) => {
        this.asked.push(question);
        return this.reply;
      },
      // Time is the test's own, but whoever waits lets others do their work.
      sleep: async (ms) => {
        this.clock += ms;
        await new Promise((resolve) => setTimeout(resolve, 1));
      },
      now: () => this.clock,
      onInterrupt: (work) => {
        this.interrupt = work;
        return () => (this.interrupt = undefined);
      },
      inspectBubblewrap: async () => ({ name: 'bubblewrap', ok: this.hasBubblewrap, version: '0.8.0', where: '/usr/bin/bwrap', how: 'on an image', fix: 'install bubblewrap' }),
      inspectSandboxImage: async () => ({ name: 'sandbox-image', ok: true, version: '1', where: 'image:1' }),
    };
    const exit = await runCli(line, io);
    return { exit, ...out, json: <Shape>() => JSON.parse(out.stdout) as Shape };
  }

  private async handle(req: IncomingMessage, res: ServerResponse): Promise<void> {
    let text = '';
    for await (const chunk of req) text += String(chunk);
    const send = (status: number, body: object): void => void res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    const taught = this.rest[`${req.method} ${req.url}`];
    if (taught) {
      const { status, body, headers } = taught({ body: text, authorization: req.headers.authorization });
      return void res.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body);
    }
    if (!text) return send(req.url === '/ready' ? 200 : 404, { ok: true });
    const body = JSON.parse(text) as Record<string, string>;
    if (req.url === '/local-operator/token') return this.signIn(body, send);
    if (req.url === '/local-operator/refresh') {
      this.refreshed.push(body['refresh_token'] ?? '');
      return send(200, { access_token: 'access-2', refresh_token: `refresh-${this.refreshed.length + 1}`, expires_in: this.expiresIn });
    }
    if (req.url !== '/graphql') return send(200, {});
    const operation = { ...(body as unknown as Operation), headers: req.headers };
    this.operations.push(operation);
    const known = Object.entries(this.answers).find(([word]) => operation.query.includes(word));
    return send(200, known ? known[1](operation) : { errors: [{ message: 'nobody expected this', extensions: { code: 'INTERNAL' } }] });
  }

  private async signIn({ person = '', proof = '' }: Record<string, string>, send: (status: number, body: object) => void): Promise<void> {
    const jwk = JSON.parse(await readFile(join(this.dir, 'data', 'identity', 'operator.jwk'), 'utf8')) as JWK;
    const { d: _private, ...publicPart } = jwk;
    const isProven = await jwtVerify(proof, await importJWK(publicPart, 'EdDSA'), { audience: this.url, subject: person, maxTokenAge: 60 }).then(
      () => true,
      () => false,
    );
    if (!isProven) return send(401, { error: { code: 'UNAUTHENTICATED', message: 'no proof' } });
    return send(200, { access_token: 'access-1', refresh_token: 'refresh-1', expires_in: this.expiresIn });
  }
}

export const refusal = (code: string, field?: string): GraphqlAnswer => ({
  errors: [{ message: `because ${code}`, extensions: { code, ...(field ? { field } : {}) } }],
});
