import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

type Answer = { readonly status?: number; readonly body: object };

/** An OpenID provider with the device flow; it answers polls in the order it was taught, the last one again and again. */
export class FakeIssuer {
  /** Forms it got, by path. */
  readonly asked: { readonly path: string; readonly form: Readonly<Record<string, string>> }[] = [];
  discovery: Record<string, unknown> = {};
  begin: Answer = { body: { device_code: 'dev-1', user_code: 'BCDF-GHJK', verification_uri: 'http://id.test/device', expires_in: 60, interval: 5 } };
  polls: Answer[] = [];
  refresh: Answer = { body: { access_token: 'access-2', refresh_token: 'refresh-2', expires_in: 900 } };

  private constructor(
    readonly url: string,
    readonly close: () => void,
  ) {}

  static async start(): Promise<FakeIssuer> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const fake = new FakeIssuer(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, () => void server.close(() => undefined).closeAllConnections());
    server.on('request', (req, res) => {
      void fake.answer(req).then(({ status = 200, body }) => res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body)));
    });
    return fake;
  }

  formsAt(path: string): readonly Readonly<Record<string, string>>[] {
    return this.asked.filter((one) => one.path === path).map(({ form }) => form);
  }

  private async answer(req: IncomingMessage): Promise<Answer> {
    const path = req.url ?? '';
    if (path === '/.well-known/openid-configuration') {
      const at = (name: string): string => `${this.url}/${name}`;
      const found = { issuer: this.url, token_endpoint: at('token'), device_authorization_endpoint: at('device/auth'), revocation_endpoint: at('revoke') };
      return { body: { ...found, scopes_supported: ['openid', 'offline_access'], ...this.discovery } };
    }
    let text = '';
    for await (const chunk of req) text += String(chunk);
    const form = Object.fromEntries(new URLSearchParams(text));
    this.asked.push({ path, form });
    if (path === '/device/auth') return this.begin;
    if (path === '/token' && form['grant_type'] === 'refresh_token') return this.refresh;
    if (path === '/token') return (this.polls.length > 1 ? this.polls.shift() : this.polls[0]) ?? { status: 500, body: {} };
    return { body: {} };
  }
}
