import { createHash } from 'node:crypto';

import canonicalize from 'canonicalize';

import { AppError } from '../errors.js';

/** Refuses what JSON would silently change: undefined, Map, Date, class instances, non-integers, lone surrogates. */
function requirePlain(value: unknown, path: string): void {
  if (value === null || typeof value === 'boolean') return;
  if (typeof value === 'string') {
    if (!value.isWellFormed()) throw new AppError('NOT_PLAIN_JSON', `${path} holds a lone surrogate`);
    return;
  }
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) {
      throw new AppError('NOT_PLAIN_JSON', `${path} must be a safe integer`);
    }
    return;
  }
  if (Array.isArray(value)) {
    if (Object.keys(value).length !== value.length) throw new AppError('NOT_PLAIN_JSON', `${path} has holes or members`);
    value.forEach((item, index) => requirePlain(item, `${path}[${index}]`));
    return;
  }
  if (typeof value !== 'object' || ![Object.prototype, null].includes(Object.getPrototypeOf(value) as object | null)) {
    throw new AppError('NOT_PLAIN_JSON', `${path} is not plain JSON`);
  }
  if (Object.getOwnPropertySymbols(value).length > 0) throw new AppError('NOT_PLAIN_JSON', `${path} has a symbol key`);
  for (const [key, member] of Object.entries(value)) {
    if (!key.isWellFormed()) throw new AppError('NOT_PLAIN_JSON', `${path} has a key with a lone surrogate`);
    requirePlain(member, `${path}.${key}`);
  }
}

/**
 * RFC 8785 text of plain JSON.
 *
 * @throws AppError NOT_PLAIN_JSON naming the member that is not plain JSON.
 */
export function canonicalText(value: unknown): string {
  requirePlain(value, '$');
  const text = canonicalize(value);
  if (text === undefined) throw new AppError('NOT_PLAIN_JSON', '$ is not plain JSON');
  return text;
}

export function canonicalBytes(value: unknown): Buffer {
  return Buffer.from(canonicalText(value), 'utf8');
}

export function sha256Hex(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** SHA-256, lower-case hex, of the RFC 8785 bytes. */
export function digestOf(value: unknown): string {
  return sha256Hex(canonicalBytes(value));
}
