import { addressBytes } from '@countersign/domain';

export type Target = { readonly host: string; readonly port: number };

const NAME = /^([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.?$/;
const AUTHORITY = /^(?:\[([0-9a-f:.]{2,45})\]|([^:@/\s[\]]{1,254}))(?::(\d{1,5}))?$/i;
const ABSOLUTE = /^http:\/\/([^/?#]*)([/?][^#]*)?$/i;
const HTTP_PORT = 80;

/** `host`, `host:port` or `[address]:port`, in lower case and without a final dot; undefined for anything else. */
export function parseAuthority(text: string, defaultPort?: number): Target | undefined {
  const found = AUTHORITY.exec(text);
  if (!found) return undefined;
  const [, bracketed, name, digits] = found;
  const port = digits === undefined ? defaultPort : Number(digits);
  if (port === undefined || port < 1 || port > 65_535) return undefined;
  if (bracketed !== undefined) return addressBytes(bracketed)?.length === 16 ? { host: bracketed.toLowerCase(), port } : undefined;
  const host = (name ?? '').toLowerCase();
  return NAME.test(host) ? { host: host.replace(/\.$/, ''), port } : undefined;
}

/** A request line for a proxy, `http://host/path`; the path stays as it was written. */
export function parseProxyUrl(text: string): { readonly target: Target; readonly path: string } | undefined {
  const found = ABSOLUTE.exec(text);
  const target = parseAuthority(found?.[1] ?? '', HTTP_PORT);
  if (!found || !target) return undefined;
  const rest = found[2] ?? '';
  return { target, path: rest.startsWith('/') ? rest : `/${rest}` };
}

/** What a `Host` header says; the port is left out where the scheme's own is meant. */
export function authorityText({ host, port }: Target, defaultPort: number): string {
  const name = host.includes(':') ? `[${host}]` : host;
  return port === defaultPort ? name : `${name}:${port}`;
}

export function isSameTarget(a: Target, b: Target): boolean {
  return a.host === b.host && a.port === b.port;
}
