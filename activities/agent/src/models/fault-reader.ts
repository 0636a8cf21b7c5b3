import { ContextOverflowError } from '@langchain/core/errors';

import { ENDINGS } from './answer-endings.js';
import type { CallWire } from './call-wire.js';
import type { ModelFault } from './model-fault.js';

type Plain = Readonly<Record<string, unknown>>;
export type FailedCall = { readonly fault: ModelFault; readonly status: number | null; readonly retryAfterMs: number | null; readonly said: string | null };

const MAX_RETRY_AFTER_MS = 3_600_000;

/** Codes and types of error bodies, of every provider; each means the same wherever it is used. */
const BY_CODE: Readonly<Record<string, ModelFault>> = {
  insufficient_quota: 'quota-used-up',
  billing_error: 'quota-used-up',
  rate_limit_exceeded: 'rate-limited',
  rate_limit_error: 'rate-limited',
  RESOURCE_EXHAUSTED: 'rate-limited',
  overloaded_error: 'overloaded',
  api_error: 'provider-failed',
  server_error: 'provider-failed',
  timeout_error: 'provider-failed',
  authentication_error: 'key-invalid',
  invalid_api_key: 'key-invalid',
  API_KEY_INVALID: 'key-invalid',
  permission_error: 'key-not-allowed',
  model_not_found: 'unknown-model',
  model_decommissioned: 'unknown-model',
  not_found_error: 'unknown-model',
  context_length_exceeded: 'context-too-long',
  request_too_large: 'context-too-long',
  content_filter: 'filtered',
  content_policy_violation: 'filtered',
  // The responses API's word for a prompt that its policy stops.
  invalid_prompt: 'filtered',
};

const BY_STATUS: Readonly<Record<number, ModelFault>> = {
  401: 'key-invalid',
  402: 'quota-used-up',
  403: 'key-not-allowed',
  404: 'unknown-model',
  408: 'provider-failed',
  413: 'context-too-long',
  425: 'provider-failed',
  429: 'rate-limited',
  529: 'overloaded',
};

const plain = (value: unknown): Plain => (typeof value === 'object' && value !== null ? (value as Plain) : {});

function parsed(text: string): Plain {
  try {
    return plain(JSON.parse(text));
  } catch {
    return {};
  }
}

/** The most particular first: a code, then a type, then what stands around them. */
function codesOf(body: Plain): readonly string[] {
  const inner = plain(body['error']);
  // Google's reason stands in a list of details; an error sent inside a stream is wrapped once more.
  const details = [body['errorDetails'], inner['details']].flatMap((list) => (Array.isArray(list) ? list.map((entry) => plain(entry)['reason']) : []));
  const deeper = plain(inner['error']);
  const failed = plain(plain(body['response'])['error']);
  return [...details, failed['code'], deeper['code'], deeper['type'], inner['code'], inner['type'], inner['status'], body['code'], body['type']].filter((code) => typeof code === 'string');
}

function retryAfterOf(headers: Headers | null): number | null {
  const ms = Number(headers?.get('retry-after-ms') ?? Number.NaN);
  if (Number.isFinite(ms) && ms >= 0) return Math.min(ms, MAX_RETRY_AFTER_MS);
  const after = headers?.get('retry-after') ?? '';
  if (after === '') return null;
  const seconds = Number(after);
  const waitMs = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(after) - Date.now();
  return Number.isFinite(waitMs) ? Math.min(Math.max(0, waitMs), MAX_RETRY_AFTER_MS) : null;
}

function byStatus(status: number): ModelFault {
  if (status < 400) return 'redirected';
  return BY_STATUS[status] ?? (status >= 500 ? 'provider-failed' : 'call-refused');
}

/**
 * What a failed call failed of, by status, code and type; never by its words. Undefined where the call did not get as
 * far as the provider: that is a fault of ours.
 */
export function failedCall(error: unknown, wire: CallWire, isOpaque = false): FailedCall | undefined {
  const thrown = plain(error);
  const status = wire.status ?? (typeof thrown['status'] === 'number' ? thrown['status'] : null);
  const body = parsed(wire.errorText);
  const saidTo = plain(body['error'])['message'] ?? body['message'];
  const found = (fault: ModelFault): FailedCall => ({ fault, status, retryAfterMs: retryAfterOf(wire.headers), said: typeof saidTo === 'string' ? saidTo : null });

  if (wire.trouble === 'timed-out') return found('timed-out');
  // An answer without any content is an error to LangChain's adapter for Google.
  if (typeof thrown['blockReason'] === 'string') return found('filtered');
  if (typeof thrown['finishReason'] === 'string') return found(ENDINGS[thrown['finishReason']] ?? 'unreadable');
  const code = [...codesOf(body), ...codesOf(thrown)].find((known) => Object.hasOwn(BY_CODE, known));
  if (code !== undefined) return found(BY_CODE[code] as ModelFault);
  // Anthropic has no code of its own for it; its LangChain adapter knows.
  if (ContextOverflowError.isInstance(error)) return found('context-too-long');
  if (status !== null && (status < 200 || status >= 300)) return found(byStatus(status));
  if (wire.trouble !== null) return found(wire.trouble);
  if (wire.errorText !== '') return found('provider-failed');
  if (status !== null) return found('unreadable');
  return isOpaque ? found('unreachable') : undefined;
}
