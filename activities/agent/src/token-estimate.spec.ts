import { describe, expect, it } from '@jest/globals';

import type { ChatMessage, LanguageModelPort } from './ports/language-model.port.js';
import { TokenEstimate, tokensOf } from './token-estimate.js';

const price = { currency: 'USD' as const, inputMicros: 1_000_000, cachedInputMicros: 100_000, outputMicros: 10_000_000, asOf: '2026-01-01', source: 'a test' };
const model: LanguageModelPort = { id: 'openai:m', facts: { contextTokens: 1000, price }, chat: () => Promise.reject(new Error('not asked')) };
const said = (text: string): ChatMessage => ({ role: 'assistant', text, toolCalls: [] });
const request = (...messages: readonly ChatMessage[]) => ({ messages, tools: [] });

describe('an estimate of the next call', () => {
  it('counts bytes until the provider has counted, then from its figure on', () => {
    const estimate = new TokenEstimate();
    const [first, more] = [said('ü'.repeat(400)), said('x'.repeat(400))];
    expect(estimate.input(request(first))).toBeGreaterThan(200);
    estimate.note({ inputTokens: 1000, outputTokens: 50, cachedInputTokens: 800, costMicros: 1 }, 1);
    expect(estimate.input(request(first))).toBe(1050);
    expect(estimate.input(request(first, more))).toBe(1050 + tokensOf(more));
    estimate.forget();
    expect(estimate.input(request(first))).toBeLessThan(300);
  });

  it('reckons what was cached at the cached price, and an answer as long as the longest so far', () => {
    const estimate = new TokenEstimate();
    estimate.note({ inputTokens: 100, outputTokens: 90, cachedInputTokens: 0, costMicros: 1 }, 1);
    estimate.note({ inputTokens: 1000, outputTokens: 50, cachedInputTokens: 800, costMicros: 1 }, 1);
    expect(estimate.next(model, request(said('')))).toEqual({ tokens: 1050 + 90, costMicros: 250 + 80 + 900 });
    expect(estimate.next({ ...model, facts: { ...model.facts, price: null } }, request(said('')))).toEqual({ tokens: 1140, costMicros: null });
  });

  it('expects nothing of the offline model', () => {
    expect(new TokenEstimate().next({ ...model, id: 'offline' }, request(said('x'.repeat(1000))))).toEqual({ tokens: 0, costMicros: 0 });
  });
});
