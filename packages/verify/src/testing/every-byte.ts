import { verifyBundle } from '../bundle.js';
import { aRequestBundle, aRequestLog, bundleText } from './request-bundle.js';

const CLASSES = ['0123456789', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz'];

/** Another value that still looks right where that is possible: the hardest change to notice. */
function another(byte: number): number {
  const char = String.fromCharCode(byte);
  const alphabet = CLASSES.find((letters) => letters.includes(char));
  return alphabet ? alphabet.charCodeAt((alphabet.indexOf(char) + 1) % alphabet.length) : byte ^ 1;
}

export type Survivors = { readonly tried: number; readonly verified: readonly string[] };

/** Changes each byte of the made bundle's `part` of `parts` and says which changes were not noticed. */
export function survivingChanges(part: number, parts: number): Survivors {
  const made = aRequestLog();
  const text = bundleText(aRequestBundle(made));
  const root = made.log.root.publicKey;
  const holds = (bytes: Buffer): boolean => verifyBundle(bytes.toString('utf8'), { root }).result !== 'failed';
  const whole = Buffer.from(text);
  if (!holds(whole)) throw new Error('The made bundle itself does not hold');

  const verified: string[] = [];
  let tried = 0;
  const attempt = (name: string, bytes: Buffer): void => {
    tried += 1;
    if (holds(bytes)) verified.push(name);
  };
  for (let at = part; at < whole.length; at += parts) {
    const changed = Buffer.from(whole);
    changed[at] = another(whole[at] ?? 0);
    attempt(`byte ${at} changed`, changed);
  }
  for (let at = part; at < whole.length; at += 61 * parts) {
    attempt(`byte ${at} deleted`, Buffer.concat([whole.subarray(0, at), whole.subarray(at + 1)]));
    attempt(`byte ${at} doubled`, Buffer.concat([whole.subarray(0, at + 1), whole.subarray(at)]));
  }
  return { tried, verified };
}
