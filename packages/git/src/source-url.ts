import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';

import { AppError, isPublicAddress } from '@countersign/domain';

/** Every address of a host name. */
export type Resolver = (host: string) => Promise<readonly string[]>;

export const systemResolver: Resolver = async (host) => (await lookup(host, { all: true, verbatim: true })).map(({ address }) => address);

export type SourceUrl = {
  readonly scheme: 'https' | 'ssh' | 'http';
  /** Lower case, without brackets. */
  readonly host: string;
  readonly port: number;
  /** What git is given. */
  readonly text: string;
};

export type UrlRules = {
  readonly allowPrivateHosts: boolean;
  readonly resolve?: Resolver;
  /** For tests against a local server only. */
  readonly allowHttp?: boolean;
};

const DEFAULT_PORTS = { https: 443, http: 80, ssh: 22 } as const;
const HOST = /^[a-z0-9]([a-z0-9.-]{0,252}[a-z0-9])?$/;
const USER = /^[a-z_][a-z0-9_.-]{0,63}$/i;
/** `user@host:path`; a slash before the colon makes it a path. */
const SCP = /^(?:([^@/:\s]+)@)?(\[[0-9a-f:.]+\]|[^@/:\s[\]]+):(?!\/\/)([^\0-\x20\x7f]+)$/i;

function refuse(message: string, code: 'URL_REFUSED' | 'URL_CREDENTIALS' = 'URL_REFUSED'): never {
  throw new AppError(code, message, { field: 'repo' });
}

function requireHost(host: string): string {
  const bare = host.replace(/^\[|\]$/g, '').toLowerCase();
  if (isIP(bare) !== 6 && !HOST.test(bare)) refuse('The URL names no host that can be looked up');
  return bare;
}

export function isUrlSource(source: string): boolean {
  return !source.startsWith('/') && (/^[a-z][a-z0-9+.-]*:\/\//i.test(source) || SCP.test(source));
}

function parseScp(source: string): SourceUrl {
  const [, user = '', host = '', path = ''] = SCP.exec(source) ?? [];
  if (user !== '' && !USER.test(user)) refuse('The user name of the URL is not one');
  if (path.startsWith('-')) refuse('The path of the URL must not start with a dash');
  return { scheme: 'ssh', host: requireHost(host), port: 22, text: source };
}

/**
 * @throws AppError URL_REFUSED (another scheme, a host that is none), URL_CREDENTIALS (a user or password that
 * would be stored with the project; the user of an ssh URL is none).
 */
export function parseSourceUrl(source: string, { allowHttp = false }: Pick<UrlRules, 'allowHttp'> = {}): SourceUrl {
  if (/[\0-\x20\x7f\\]/.test(source)) refuse('The URL holds characters that no URL has');
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(source)) {
    if (SCP.test(source)) return parseScp(source);
    refuse('This is not a URL: use https://host/path, ssh://user@host/path or user@host:path');
  }
  if (!URL.canParse(source)) refuse('This URL cannot be read');
  const url = new URL(source);
  const scheme = url.protocol.slice(0, -1);
  if (scheme !== 'https' && scheme !== 'ssh' && !(scheme === 'http' && allowHttp)) {
    refuse(`Only https and ssh URLs are fetched, not ${scheme}`);
  }
  if (url.password !== '' || (scheme !== 'ssh' && url.username !== '')) {
    refuse('Credentials in a URL are refused: they would be stored with the project', 'URL_CREDENTIALS');
  }
  if (url.username !== '' && !USER.test(url.username)) refuse('The user name of the URL is not one');
  if (url.search !== '' || url.hash !== '') refuse('A repository URL has no query and no fragment');
  if (url.pathname.length < 2 || url.pathname.startsWith('/-')) refuse('The URL names no repository');
  const host = requireHost(url.hostname);
  return { scheme, host, port: url.port === '' ? DEFAULT_PORTS[scheme] : Number(url.port), text: url.href };
}

/**
 * Looks the host up once and answers the addresses to pin. One closed address among them refuses the host: a name
 * that mixes both is made to slip past a check.
 *
 * @throws AppError URL_REFUSED, SOURCE_UNREACHABLE (the name does not resolve).
 */
export async function resolveSource(url: SourceUrl, { allowPrivateHosts, resolve = systemResolver }: UrlRules): Promise<readonly string[]> {
  const addresses = isIP(url.host) ? [url.host] : await resolve(url.host).catch((): readonly string[] => []);
  const usable = addresses.filter((address) => isIP(address) !== 0 && !address.includes('%'));
  if (usable.length === 0 || usable.length !== addresses.length) {
    throw new AppError('SOURCE_UNREACHABLE', `The host ${url.host} has no address`, { field: 'repo', details: { host: url.host } });
  }
  if (!allowPrivateHosts && !usable.every(isPublicAddress)) {
    throw new AppError('URL_REFUSED', `The host ${url.host} has a private, loopback or link-local address; COUNTERSIGN_ALLOW_PRIVATE_HOSTS permits those`, {
      field: 'repo',
      details: { host: url.host },
    });
  }
  // IPv4 first: ssh takes one address only, and machines without IPv6 are the more common ones.
  return [...usable].sort((a, b) => isIP(a) - isIP(b));
}

/** git runs `core.sshCommand` through a shell, so nothing but checked words may stand in it. */
function sshCommand({ host, port }: SourceUrl, address: string): string {
  const alias = port === 22 ? host : `[${host}]:${port}`;
  const options = [
    `HostName=${address}`,
    `HostKeyAlias=${alias}`,
    'BatchMode=yes',
    'StrictHostKeyChecking=yes',
    'CheckHostIP=no',
    'ProxyCommand=none',
    'PermitLocalCommand=no',
    'ForwardAgent=no',
    'ClearAllForwardings=yes',
    'ConnectTimeout=20',
  ];
  return ['ssh', '-F', 'none', ...options.flatMap((option) => ['-o', `'${option}'`])].join(' ');
}

/** Settings that make git connect to the addresses that were checked and to no other. */
export function pinnedConfig(url: SourceUrl, addresses: readonly string[]): readonly (readonly [string, string])[] {
  if (url.scheme === 'ssh') {
    return [
      ['core.sshCommand', sshCommand(url, addresses[0] ?? '')],
      ['ssh.variant', 'ssh'],
    ];
  }
  const pins = addresses.map((address) => (isIP(address) === 6 ? `[${address}]` : address)).join(',');
  return [
    ['http.followRedirects', 'false'],
    ['http.proxy', ''],
    ['http.curloptResolve', `${url.host}:${url.port}:${pins}`],
    // A server that stops sending is given up after a minute.
    ['http.lowSpeedLimit', '1'],
    ['http.lowSpeedTime', '60'],
  ];
}
