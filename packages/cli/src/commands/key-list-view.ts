import { isErrorCode } from '@countersign/domain';
import { type KeyList, type ListedKey, readKeyList, rootOf, VerifyFault } from '@countersign/verify';

import { CliError } from '../cli-error.js';
import { escapeLine } from '../escape-text.js';
import { fingerprintOf, type PinnedRoot } from '../pinned-root.js';
import { renderTable } from '../table.js';

const failure = (fault: VerifyFault): CliError => new CliError(isErrorCode(fault.code) ? fault.code : 'KEYS_REFUSED', fault.message);

/** A list of keys, under the pinned root or, where none is, under the root that it names itself: then nothing is proven. */
export function openKeyList(envelope: string, pinned: PinnedRoot | undefined): KeyList {
  try {
    const list = readKeyList(envelope, pinned?.root ?? rootOf(envelope));
    if (pinned && list.number < pinned.number) {
      throw new CliError('KEYS_REFUSED', `Key list ${list.number} is older than list ${pinned.number}, which was seen before`);
    }
    return list;
  } catch (error) {
    throw error instanceof VerifyFault ? failure(error) : error;
  }
}

function revocationOf({ revoked }: ListedKey): string | null {
  return revoked && `${revoked.reason}, ${revoked.from}`;
}

function goodSizes({ id, revoked }: ListedKey): string[] {
  if (revoked?.reason !== 'compromised') return [];
  const sizes = Object.entries(revoked.good).map(([origin, size]) => `the first ${size} entries of ${escapeLine(origin)}`);
  return [`${id} counts in ${sizes.join(', ') || 'no log at all'}.\n`];
}

export function renderKeyList({ number, at, root, keys }: KeyList): string {
  const rows = keys.map((key) => [key.id, key.purpose, key.from, key.to, revocationOf(key)]);
  const table = renderTable(['id', 'purpose', 'from', 'to', 'revoked'], rows);
  const head = `Key list ${number} of ${at}\nRoot key (SHA-256): ${fingerprintOf(Buffer.from(root, 'base64'))}\n`;
  return table + keys.flatMap(goodSizes).join('') + head;
}
