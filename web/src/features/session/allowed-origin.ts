import { consoleSettings } from './console-settings';

const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]']);

/**
 * The origin that a request was sent to, or undefined where its Host is not ours. A foreign page can point its own name
 * at loopback; it cannot choose what the browser sends as Host.
 */
export function originOf(headers: Headers): string | undefined {
  const host = headers.get('host')?.toLowerCase();
  const { consoleUrl } = consoleSettings();
  if (!host || !URL.canParse(`${consoleUrl.protocol}//${host}`)) return undefined;
  const { host: parsed, hostname, origin } = new URL(`${consoleUrl.protocol}//${host}`);
  if (parsed !== host) return undefined;
  return parsed === consoleUrl.host || LOOPBACK.has(hostname) ? origin : undefined;
}

/** Every request that may change something must come from a page of this very origin. */
export function isOriginAllowed(request: { readonly method: string; readonly headers: Headers }, own: string): boolean {
  const origin = request.headers.get('origin');
  if (origin !== null) return origin === own;
  const reads = request.method === 'GET' || request.method === 'HEAD';
  return reads || request.headers.get('sec-fetch-site') === 'same-origin';
}

/** A path of this console to go back to after signing in; anything else leads home. */
export function localPath(path: string | null | undefined): string {
  if (!path?.startsWith('/') || !URL.canParse(path, 'http://here')) return '/';
  const { origin, pathname, search } = new URL(path, 'http://here');
  return origin === 'http://here' ? `${pathname}${search}` : '/';
}
