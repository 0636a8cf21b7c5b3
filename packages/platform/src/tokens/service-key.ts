import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { AppError } from '@countersign/domain';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose';

import { errnoOf } from '../errno.js';

export const SERVICE_NAME = /^[a-z][a-z0-9-]{0,31}$/;

export const publicKeyFile = (dir: string, name: string): string => join(dir, `${name}.pub.jwk`);

/**
 * Reads `<dir>/<name>.jwk` (Ed25519, 0600), making it and its public part at first use. Two processes that start at
 * once end with the same key.
 */
export async function ensureServiceKey(dir: string, name: string): Promise<JWK> {
  if (!SERVICE_NAME.test(name)) throw new AppError('CONFIG_INVALID', `${JSON.stringify(name)} is no service name`);
  const file = join(dir, `${name}.jwk`);
  const key = (await readJwk(file)) ?? (await makeKey(dir, file));
  const { d: _private, ...publicPart } = key;
  if (!(await readJwk(publicKeyFile(dir, name)))) await writeOnce(publicKeyFile(dir, name), publicPart, 0o644);
  return key;
}

/** The key in a file, or undefined where there is no such file. */
export async function readJwk(file: string): Promise<JWK | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
  return JSON.parse(text) as JWK;
}

async function makeKey(dir: string, file: string): Promise<JWK> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
  const jwk = await exportJWK(privateKey);
  await writeOnce(file, { ...jwk, alg: 'EdDSA', use: 'sig', kid: await calculateJwkThumbprint(jwk) }, 0o600);
  const stored = await readJwk(file);
  if (!stored) throw new AppError('INTERNAL', `The key file ${file} vanished while it was made`);
  return stored;
}

/** A reader sees the whole file or none, and the first writer wins. */
async function writeOnce(file: string, value: JWK, mode: number): Promise<void> {
  const draft = `${file}.${randomUUID()}`;
  await writeFile(draft, `${JSON.stringify(value)}\n`, { mode, flag: 'wx' });
  try {
    await link(draft, file);
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error;
  } finally {
    await rm(draft, { force: true });
  }
}
