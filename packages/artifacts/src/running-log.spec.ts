import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { redact } from './redaction.js';
import { RunningLog } from './running-log.js';
import { memoryArtifactStore } from './testing/memory-artifact-store.fake.js';

describe('RunningLog', () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'countersign-log-'));
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));

  const aLog = (over: object = {}): RunningLog => new RunningLog({ dir, requestId: 'r1', ...over });

  it('is read by offset while it grows, also by another reader', async () => {
    const log = aLog();
    expect(await log.read(0, 100)).toEqual({ text: '', next: 0 });
    await log.append('one\n');
    const first = await aLog().read(0, 100);
    expect(first).toEqual({ text: 'one\n', next: 4 });
    await Promise.all([log.append('two\n'), log.append('three\n')]);
    expect(await log.read(first.next, 100)).toEqual({ text: 'two\nthree\n', next: 14 });
    expect(await log.read(999, 100)).toEqual({ text: '', next: 14 });
  });

  it('never splits a character', async () => {
    const log = aLog();
    await log.append('aäc🎉e\n');
    for (const limit of [4, 5, 6]) {
      let text = '';
      for (let at = 0; ; ) {
        const part = await log.read(at, limit);
        if (part.next === at) break;
        text += part.text;
        at = part.next;
      }
      expect(text).toBe('aäc🎉e\n');
    }
    expect((await log.read(2, 100)).text).toBe('c🎉e\n');
  });

  it('stores no secret, also not one that arrives in two pieces', async () => {
    const log = aLog({ secrets: ['hunter2-known'] });
    await log.append('GITHUB ghp_0123456789');
    await log.append('abcdefghijkl done\nvalue hunter2-');
    await log.append('known\nunfinished');
    await log.flush();
    const stored = await readFile(join(dir, 'r1.log'), 'utf8');
    expect(stored).toBe('GITHUB [redacted] done\nvalue [redacted]\nunfinished');
  });

  it('drops the middle past its limit, says so, and keeps offsets', async () => {
    const log = aLog({ maxBytes: 1600 });
    for (let line = 0; line < 400; line += 1) await log.append(`line ${String(line).padStart(4, '0')}\n`);
    const store = memoryArtifactStore();
    const { sha256, bytes, name } = await log.seal(store);
    const text = (await store.read(sha256)).toString();
    expect(name).toBe('r1.log');
    expect(bytes).toBeLessThan(2000);
    expect(text.startsWith('line 0000\n')).toBe(true);
    expect(text.endsWith('line 0399\n')).toBe(true);
    expect(text).toMatch(/\n\[… \d+ bytes of this log were dropped …\]\n/);
    expect((await log.read(3990, 100)).text).toBe('line 0399\n');
    expect((await log.seal(store)).sha256).toBe(sha256);
    await log.remove();
    expect(await log.read(0, 100)).toEqual({ text: '', next: 0 });
  });

  it('tells when more of it can be read', async () => {
    let told = 0;
    const log = aLog({ onStored: () => (told += 1) });
    await log.append('half a line');
    expect(told).toBe(0);
    await log.append(', whole\n');
    expect(told).toBe(1);
  });

  it('knows no foreign ids', () => {
    expect(() => aLog({ requestId: '../x' })).toThrow(expect.objectContaining({ code: 'INVALID_INPUT' }));
  });
});

describe('redact', () => {
  it.each([
    ['https://ada:hunter2@example.org/x', 'https://[redacted]@example.org/x'],
    ['Authorization: Bearer abcdefghijklmnop', 'Authorization: Bearer [redacted]'],
    ['AKIAIOSFODNN7EXAMPLE', '[redacted]'],
    ['API_KEY="abcdef123456"', 'API_KEY="[redacted]"'],
    ['"password": "correct-horse"', '"password": "[redacted]"'],
    ['eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.sig', '[redacted]'],
    ['a\n-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabcd\n-----END RSA PRIVATE KEY-----\nb', 'a\n[redacted]\n\nb'],
  ])('of %j leaves %j', (text, expected) => {
    expect(redact(text)).toBe(expected);
  });

  it('leaves ordinary text as it is', () => {
    const text = 'const tokens = split(text);\nRenamed risk-free to task-list in 3 files; passwords are hashed: yes\nhttps://example.org:8080/a@b\n';
    expect(redact(text)).toBe(text);
  });
});
