import { describe, expect, it } from '@jest/globals';

import { Transcript } from './transcript.js';

const ANSWER = { text: '', toolCalls: [], output: null, usage: { inputTokens: 1, outputTokens: 1, cachedInputTokens: 0, costMicros: null } };
const redact = (text: string): string => text.replace(/token = \w+|-----BEGIN[^]*?END-----/g, '[redacted]');

describe('a transcript', () => {
  it('holds no secret, also where JSON would hide it behind a backslash', () => {
    const transcript = new Transcript([{ role: 'task', sections: [{ name: 'body', text: 'a "quote"\ntoken = abc' }] }]);
    transcript.done(1, [{ callId: 'c', name: 'read', answer: { ok: true, value: '-----BEGIN\nkey\nEND-----' } }]);
    const lines = transcript.render(redact).trimEnd().split('\n').map((line) => JSON.parse(line) as unknown);
    expect(lines).toEqual([
      { role: 'task', sections: [{ name: 'body', text: 'a "quote"\n[redacted]' }] },
      { step: 1, role: 'tools', results: [{ callId: 'c', name: 'read', answer: { ok: true, value: '[redacted]' } }] },
    ]);
  });

  it('stays within its size: long texts and lists are cut, of very many lines the middle is left out', () => {
    const transcript = new Transcript([{ role: 'instructions', text: 'first' }]);
    for (let step = 1; step <= 200; step += 1) transcript.answered(step, { ...ANSWER, text: 'x'.repeat(100_000), output: Array.from({ length: 300 }, (_, at) => at) });
    const text = transcript.render((line) => line);
    const lines = text.trimEnd().split('\n').map((line) => JSON.parse(line) as { role: string; step?: number; lines?: number; output?: unknown[] });
    expect(Buffer.byteLength(text)).toBeLessThan(8.1 * 1024 * 1024);
    expect([lines[0]?.role, lines.at(-1)?.step]).toEqual(['instructions', 200]);
    expect(lines[1]?.output).toHaveLength(201);
    const omitted = lines.find(({ role }) => role === 'omitted');
    expect((omitted?.lines ?? 0) + lines.length - 1).toBe(201);
  });
});
