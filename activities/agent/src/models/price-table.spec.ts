import { describe, expect, it } from '@jest/globals';

import { parsePriceTable, pricedModel, priceRowSchema, SHIPPED_PRICES } from './price-table.js';

const there = { own: [], isOwnAddress: false };
const ROW = { id: 'openai:team-*', contextTokens: 50_000, usdPerMillion: { input: 0.5, cachedInput: 0.1, output: 2 }, asOf: '2026-11-01', source: 'our contract' };

describe('prices', () => {
  it('are shipped with a date and a source each, and no model twice', () => {
    const ids = SHIPPED_PRICES.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(SHIPPED_PRICES.every((row) => priceRowSchema.safeParse(row).success)).toBe(true);
  });

  it('count what the cache had and what went into it at their own price, rounded up to whole micro-units', () => {
    const { costMicros } = pricedModel('anthropic', 'claude-opus-5', there);
    // 100 at 5, 800 at 0.5, 100 at 6.25 and 20 at 25 dollars a million: 500 + 400 + 625 + 500.
    expect(costMicros({ inputTokens: 1000, cachedInputTokens: 800, cacheWriteTokens: 100, outputTokens: 20 })).toBe(2025);
    const mini = pricedModel('openai', 'gpt-5-nano', there);
    expect(mini.costMicros({ inputTokens: 1, cachedInputTokens: 1, cacheWriteTokens: 0, outputTokens: 0 })).toBe(1);
  });

  it('hold for a dated name too, but not for another model whose name only begins alike', () => {
    expect(pricedModel('openai', 'gpt-5-2025-08-07', there).price).toMatchObject({ inputMicros: 1_250_000 });
    expect(pricedModel('anthropic', 'claude-haiku-4-5-20251001', there).price).not.toBeNull();
    expect(pricedModel('openai', 'gpt-5-pro', there)).toMatchObject({ price: null, contextTokens: 32_768 });
  });

  it('are unknown, never nothing, where nobody named one', () => {
    const { price, costMicros } = pricedModel('mistral', 'somewhat-large', there);
    expect(price).toBeNull();
    expect(costMicros({ inputTokens: 1000, cachedInputTokens: 0, cacheWriteTokens: 0, outputTokens: 1 })).toBeNull();
  });

  it("are not the provider's at another address; own rows hold there, and Ollama costs nothing wherever it runs", () => {
    const elsewhere = { own: [], isOwnAddress: true };
    expect(pricedModel('openai', 'gpt-5', elsewhere)).toMatchObject({ price: null, contextTokens: 272_000 });
    expect(pricedModel('openai', 'team-a', { own: [ROW], isOwnAddress: true })).toMatchObject({ contextTokens: 50_000, price: { inputMicros: 500_000, source: 'our contract' } });
    expect(pricedModel('ollama', 'qwen3:8b', elsewhere).price).toMatchObject({ inputMicros: 0, outputMicros: 0, source: 'runs on your machine' });
  });

  it('are refused from a file with the place that is wrong', () => {
    expect(parsePriceTable(JSON.stringify([ROW]), 'prices.json')).toEqual([ROW]);
    expect(() => parsePriceTable('[', 'prices.json')).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
    expect(() => parsePriceTable(JSON.stringify([{ ...ROW, asOf: 'yesterday' }]), 'prices.json')).toThrow(/prices\.json is not a table of prices:\n {2}0\.asOf: /);
  });
});
