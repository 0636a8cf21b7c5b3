import { randomBytes } from 'node:crypto';

import { sha256Hex } from '@countersign/domain/digest';

export const ERASED_NAME = 'erased person';
export const ERASED_SUBJECT = 'erased';
const SALT_BYTES = 16;

/** What stays of a sign-in name: enough to tell that somebody is not to be made known anew, too little to read it. */
export function erasedSubject(subject: string, salt = randomBytes(SALT_BYTES).toString('hex')): string {
  return `${ERASED_SUBJECT}:${salt}:${sha256Hex(`${salt}${subject}`)}`;
}

export function wasSubject(erased: string, subject: string): boolean {
  const [, salt = ''] = erased.split(':');
  return erased === erasedSubject(subject, salt);
}
