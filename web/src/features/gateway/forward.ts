import 'server-only';

import { currentSession } from '../session/current-session';
import { gatewayEndpoint } from './gateway';

const MAX_BODY_BYTES = 1_000_000;
const TIMEOUT_MS = 25_000;

function refuse(status: number, code: string, message: string): Response {
  return Response.json({ errors: [{ message, extensions: { code } }] }, { status, headers: { 'cache-control': 'no-store' } });
}

/** The body as text, or undefined once it is larger than allowed: a length that is only claimed proves nothing. */
async function limitedBody(request: Request): Promise<string | undefined> {
  if (!request.body) return '';
  const decoder = new TextDecoder();
  const reader = request.body.getReader();
  let bytes = 0;
  let text = '';
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    const chunk = piece.value as Uint8Array;
    bytes += chunk.byteLength;
    if (bytes > MAX_BODY_BYTES) {
      await reader.cancel();
      return undefined;
    }
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

/** Passes one GraphQL request on with the person's token. proxy.ts has checked Host and Origin. */
export async function forwardGraphql(request: Request): Promise<Response> {
  const mediaType = request.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase();
  if (mediaType !== 'application/json') return refuse(415, 'INVALID_INPUT', 'Content-Type must be application/json');
  const session = await currentSession();
  if (!session) return refuse(401, 'UNAUTHENTICATED', 'You are signed out. Sign in again to go on.');
  const body = await limitedBody(request);
  if (body === undefined) return refuse(413, 'INVALID_INPUT', `The body is larger than ${MAX_BODY_BYTES} bytes`);
  const key = request.headers.get('idempotency-key');
  try {
    const response = await fetch(gatewayEndpoint('/graphql'), {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${session.accessToken}`,
        ...(key ? { 'idempotency-key': key } : {}),
      },
      body,
      cache: 'no-store',
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const retryAfter = response.headers.get('retry-after');
    return new Response(await response.text(), {
      status: response.status,
      headers: {
        'content-type': 'application/json; charset=utf-8',
        'cache-control': 'no-store',
        ...(retryAfter ? { 'retry-after': retryAfter } : {}),
      },
    });
  } catch {
    return refuse(502, 'SERVICE_UNAVAILABLE', 'The gateway does not answer. Try again in a moment.');
  }
}

const SHA256 = /^[0-9a-f]{64}$/;

/** An artifact as a download: never shown in the console's own origin. */
export async function forwardArtifact(sha256: string): Promise<Response> {
  if (!SHA256.test(sha256)) return new Response('No such artifact\n', { status: 404 });
  const session = await currentSession();
  if (!session) return new Response('Signed out\n', { status: 401 });
  try {
    const response = await fetch(gatewayEndpoint(`/artifacts/${sha256}`), {
      headers: { authorization: `Bearer ${session.accessToken}` },
      cache: 'no-store',
      redirect: 'error',
    });
    if (!response.ok) return new Response('This artifact cannot be read\n', { status: response.status });
    return new Response(response.body, {
      headers: {
        'content-type': 'application/octet-stream',
        'content-disposition': response.headers.get('content-disposition') ?? `attachment; filename="${sha256}"`,
        'cache-control': 'no-store',
      },
    });
  } catch {
    return new Response('The gateway does not answer\n', { status: 502 });
  }
}
