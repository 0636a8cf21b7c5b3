import { readFileSync } from 'node:fs';
import { setPriority } from 'node:os';

import { verifyBundle } from '@countersign/verify';

/**
 * `node every-byte.js <bundle> <root key file>`: changes each byte of the bundle once and verifies the result under the
 * pinned root. Prints how many there were and where a change went unnoticed. A minute's work that may wait for others'.
 */
const [bundle = '', rootFile = ''] = process.argv.slice(2);
const bytes = readFileSync(bundle);
const root = Buffer.from(readFileSync(rootFile, 'utf8').replace(/-----[^-]+-----|\s/g, ''), 'base64').subarray(-32);
const KINDS = ['0123456789', 'abcdef', 'ghijklmnopqrstuvwxyz', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];

/** Where it is one, the next digit or letter of its kind: what has the wrong form is found before anything is hashed. */
function another(byte: number): number {
  const letter = String.fromCharCode(byte);
  const kind = KINDS.find((letters) => letters.includes(letter)) ?? 'A';
  return kind.charCodeAt((kind.indexOf(letter) + 1) % kind.length);
}

setPriority(10);
const survivors: number[] = [];
const begun = Date.now();
for (let at = 0; at < bytes.length; at += 1) {
  const changed = Buffer.from(bytes);
  changed[at] = another(bytes[at] ?? 0);
  if (changed.equals(bytes)) throw new Error(`byte ${at} is as it was`);
  if (verifyBundle(changed.toString('utf8'), { root }).exitCode === 0) survivors.push(at);
}
process.stdout.write(`${JSON.stringify({ bytes: bytes.length, survivors, ms: Date.now() - begun, unchanged: verifyBundle(bytes.toString('utf8'), { root }).exitCode })}\n`);
