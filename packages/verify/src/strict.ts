import { createHash } from 'node:crypto';

import canonicalize from 'canonicalize';

import { VerifyFault } from './fault.js';

/** Checks one member and gives its value; `where` names it in the fault. */
export type Read<T> = (value: unknown, where: string) => T;

export const sha256 = (...parts: readonly Uint8Array[]): Buffer => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

export function malformed(where: string, what: string): never {
  throw new VerifyFault('MALFORMED', where, `${where} ${what}`);
}

/** JSON whose text is exactly its own RFC 8785 form, which a duplicate member never is. */
export function parseCanonical(text: string, where: string): unknown {
  let value: unknown;
  let again: string | undefined;
  try {
    value = JSON.parse(text);
    again = canonicalize(value);
  } catch {
    throw new VerifyFault('NOT_CANONICAL', where, `${where} is not JSON that has an RFC 8785 form`);
  }
  if (again !== text) throw new VerifyFault('NOT_CANONICAL', where, `${where} is not in its RFC 8785 form`);
  return value;
}

/** The text of these bytes, which give the same bytes again. */
export function utf8(bytes: Buffer, where: string): string {
  const text = bytes.toString('utf8');
  if (!Buffer.from(text, 'utf8').equals(bytes)) throw new VerifyFault('NOT_CANONICAL', where, `${where} is not UTF-8`);
  return text;
}

export const parseCanonicalBytes = (bytes: Buffer, where: string): unknown => parseCanonical(utf8(bytes, where), where);

type Shape = Readonly<Record<string, Read<unknown>>>;
type Required<S extends Shape> = { readonly [K in keyof S]: ReturnType<S[K]> };
type Optional<S extends Shape> = { readonly [K in keyof S]?: ReturnType<S[K]> };

/** An object with all of `required`, perhaps some of `optional`, and nothing else. */
export function object<R extends Shape, O extends Shape = Record<never, never>>(required: R, optional?: O): Read<Required<R> & Optional<O>> {
  const shape = new Map(Object.entries({ ...required, ...optional }));
  return (value, where) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return malformed(where, 'is not an object');
    for (const name of Object.keys(required)) if (!Object.hasOwn(value, name)) malformed(where, `has no member "${name}"`);
    return Object.fromEntries(
      Object.entries(value).map(([name, member]) => {
        const read = shape.get(name);
        return [name, read ? read(member, `${where}.${name}`) : malformed(where, `has an unknown member "${name}"`)];
      }),
    ) as Required<R> & Optional<O>;
  };
}

export const list =
  <T>(read: Read<T>, min = 0, max = Number.MAX_SAFE_INTEGER): Read<readonly T[]> =>
  (value, where) => {
    if (!Array.isArray(value) || value.length < min || value.length > max) return malformed(where, 'is not a list of the right length');
    return value.map((item, index) => read(item, `${where}[${index}]`));
  };

export const record =
  <T>(read: Read<T>): Read<Readonly<Record<string, T>>> =>
  (value, where) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return malformed(where, 'is not an object');
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, read(member, `${where}.${name}`)]));
  };

export const orNull =
  <T>(read: Read<T>): Read<T | null> =>
  (value, where) =>
    value === null ? null : read(value, where);

export const oneOf =
  <const T extends string | number>(...values: readonly T[]): Read<T> =>
  (value, where) =>
    values.find((one) => one === value) ?? malformed(where, `is not one of ${values.join(', ')}`);

export const anything: Read<unknown> = (value) => value;

export const string: Read<string> = (value, where) => (typeof value === 'string' ? value : malformed(where, 'is not text'));

export const text: Read<string> = (value, where) => (typeof value === 'string' && value !== '' ? value : malformed(where, 'is not a text with content'));

export const integer =
  (min: number): Read<number> =>
  (value, where) =>
    Number.isSafeInteger(value) && (value as number) >= min ? (value as number) : malformed(where, `is not an integer from ${min}`);

const HEX = /^[0-9a-f]*$/;

export const hex =
  (bytes: number): Read<string> =>
  (value, where) =>
    typeof value === 'string' && value.length === bytes * 2 && HEX.test(value) ? value : malformed(where, `is not ${bytes} bytes in lower-case hex`);

/** Standard, padded, canonical base64: what decodes and encodes to the same text. */
export const base64 =
  (bytes?: number): Read<Buffer> =>
  (value, where) => {
    const decoded = typeof value === 'string' ? Buffer.from(value, 'base64') : undefined;
    if (!decoded || decoded.toString('base64') !== value) return malformed(where, 'is not canonical base64');
    return bytes === undefined || decoded.length === bytes ? decoded : malformed(where, `is not ${bytes} bytes`);
  };

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** RFC 3339 UTC with milliseconds, so that two times compare as texts. */
export const time: Read<string> = (value, where) => {
  const isTime = typeof value === 'string' && TIME.test(value) && !Number.isNaN(Date.parse(value)) && new Date(value).toISOString() === value;
  return isTime ? value : malformed(where, 'is not a time in the form 2026-11-21T08:54:22.123Z');
};
