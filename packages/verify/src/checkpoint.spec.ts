import { describe, expect, it } from '@jest/globals';

import { checkpointBody, isNoteSignedBy, noteKeyHash, openNote, verifyCheckpoint } from './checkpoint.js';
import { readKeyList } from './key-list.js';
import { aKeyPair, MADE_ORIGIN, MadeLog, noteOf } from './testing/index.js';

/** The example of the C2SP signed-note specification and the one of golang.org/x/mod/sumdb/note. */
const KNOWN = [
  ['This is an example message.\n', 'example.com/foo', '530d903a', 'AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k', 'Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM='],
  ["If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n", 'PeterNeumann', 'c74f20a3', 'ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW', 'x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM='],
] as const;

const code = (act: () => unknown): unknown => {
  try {
    act();
    return 'nothing';
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe('signed notes', () => {
  it.each(KNOWN)('holds for the known note %j', (body, name, hint, typeAndKey, sealed) => {
    const publicKey = Buffer.from(typeAndKey, 'base64').subarray(1);
    const bytes = Buffer.from(sealed, 'base64');
    const note = { body, name, keyHash: bytes.subarray(0, 4), signature: bytes.subarray(4) };
    expect(noteKeyHash(name, publicKey).toString('hex')).toBe(hint);
    expect(isNoteSignedBy(note, publicKey)).toBe(true);
    expect(isNoteSignedBy({ ...note, body: `${body}\n` }, publicKey)).toBe(false);
    expect(isNoteSignedBy({ ...note, name: `${name}x` }, publicKey)).toBe(false);
    expect(isNoteSignedBy({ ...note, keyHash: Buffer.alloc(4) }, publicKey)).toBe(false);
  });
});

describe('checkpoints', () => {
  const key = aKeyPair('log');
  const head = { origin: MADE_ORIGIN, size: 3, root: Buffer.alloc(32, 7) };
  const note = noteOf(head, key);

  it('opens what was signed', () => {
    expect(openNote(note).checkpoint).toEqual(head);
    expect(openNote(note).body).toBe(checkpointBody(head));
  });

  it.each([
    ['an extension line', note.replace('\n\n', '\nmore\n\n')],
    ['a second signature', `${note}${note.slice(note.indexOf('—'))}`],
    ['no signature', note.slice(0, note.indexOf('—'))],
    ['no last line end', note.slice(0, -1)],
    ['a line after it', `${note}\n`],
    ['a dash that is a minus', note.replace('—', '-')],
    ['a size with a leading zero', note.replace('\n3\n', '\n03\n')],
    ['a size with a sign', note.replace('\n3\n', '\n+3\n')],
    ['a size beyond safe integers', note.replace('\n3\n', '\n9007199254740993\n')],
    ['a carriage return', note.replace('\n3\n', '\r\n3\n')],
    ['a root without padding', note.replace('=\n\n', '\n\n')],
    ['another name than its origin', note.replace('— countersign', '— other')],
    ['an origin of another form', noteOf({ ...head, origin: 'countersign.example/tree/tenant-1/1' }, key)],
    ['an origin with a plus', noteOf({ ...head, origin: 'a+b/log/tenant-1/1' }, key)],
    ['a log numbered 0', noteOf({ ...head, origin: 'countersign.example/log/tenant-1/0' }, key)],
  ])('refuses a note with %s', (_name, changed) => {
    expect(code(() => openNote(changed))).toBe('MALFORMED');
  });

  it('counts only under a listed log key', () => {
    const log = new MadeLog();
    const compromised = (size: number) => ({ from: '2026-11-20T00:00:00.000Z', reason: 'compromised', good: { [MADE_ORIGIN]: size } }) as const;
    const judge = (keys: Parameters<MadeLog['publish']>[0]): unknown => {
      const list = readKeyList(log.publish(keys), log.root.publicKey);
      return code(() => verifyCheckpoint(noteOf(head, log.logKey), list));
    };
    expect(judge([log.listed(log.logKey, 'log')])).toBe('nothing');
    expect(judge([log.listed(log.decisionKey, 'decision')])).toBe('KEY_UNKNOWN');
    expect(judge([log.listed(log.logKey, 'decision')])).toBe('KEY_PURPOSE');
    expect(judge([log.listed(log.logKey, 'log', { revoked: compromised(3) })])).toBe('nothing');
    expect(judge([log.listed(log.logKey, 'log', { revoked: compromised(2) })])).toBe('KEY_REVOKED');
    expect(judge([log.listed(log.logKey, 'log', { to: '2026-11-02T00:00:00.000Z' })])).toBe('nothing');
    const list = readKeyList(log.publish(), log.root.publicKey);
    expect(code(() => verifyCheckpoint(noteOf(head, log.logKey).replace('\n3\n', '\n4\n'), list))).toBe('SIGNATURE_INVALID');
  });
});
