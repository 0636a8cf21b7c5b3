import { AppError, type ModelProvider } from '@countersign/domain';
import { z } from 'zod';

import type { ModelFacts, ModelPrice } from '../ports/language-model.port.js';
import { SHIPPED_ROWS } from './shipped-prices.js';

const usd = z.number().min(0).max(100_000);

export const priceRowSchema = z.strictObject({
  /** `provider:model`; `*` stands for anything. A date behind a model's name need not be written. */
  id: z.string().min(3).max(200),
  contextTokens: z.int().min(1000),
  maxOutputTokens: z.int().min(256).optional(),
  /** Null: what it costs is not known. */
  usdPerMillion: z.strictObject({ input: usd, cachedInput: usd, cacheWrite: usd.optional(), output: usd }).nullable(),
  asOf: z.iso.date(),
  source: z.string().min(1).max(500),
  note: z.string().max(500).optional(),
});
export type PriceRow = z.infer<typeof priceRowSchema>;
const priceTableSchema = z.array(priceRowSchema).max(10_000);

export const SHIPPED_PRICES: readonly PriceRow[] = priceTableSchema.parse(SHIPPED_ROWS);

/** Small enough that a model nobody described is not given more than it can take. */
const UNKNOWN_CONTEXT_TOKENS = 32_768;
const MICROS = 1_000_000;
const DATED = '(-\\d{4}-\\d{2}-\\d{2}|-\\d{8})?';

/** What of a call's input the cache had, and what went into it, included in `inputTokens`. */
export type CountedTokens = {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cachedInputTokens: number;
  readonly cacheWriteTokens: number;
};

/** One model's row, read. */
export type PricedModel = ModelFacts & {
  readonly maxOutputTokens: number | null;
  /** Whole micro-units, rounded up; null where the price is not known. */
  costMicros(tokens: CountedTokens): number | null;
};

/** @throws AppError CONFIG_INVALID naming each wrong place of a file of prices. */
export function parsePriceTable(text: string, from: string): readonly PriceRow[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new AppError('CONFIG_INVALID', `${from} is not JSON.`, { cause });
  }
  const parsed = priceTableSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const places = parsed.error.issues.slice(0, 10).map(({ path, message }) => `${path.map(String).join('.')}: ${message}`);
  throw new AppError('CONFIG_INVALID', `${from} is not a table of prices:\n  ${places.join('\n  ')}`);
}

function matches({ id }: PriceRow, model: string): boolean {
  const pattern = id.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&')).join('.*');
  return new RegExp(`^${pattern}${DATED}$`).test(model);
}

function priceOf({ usdPerMillion, asOf, source }: PriceRow): (ModelPrice & { readonly cacheWriteMicros: number }) | null {
  if (usdPerMillion === null) return null;
  const { input, cachedInput, cacheWrite, output } = usdPerMillion;
  const micros = (dollars: number): number => Math.round(dollars * MICROS);
  return {
    currency: 'USD',
    inputMicros: micros(input),
    cachedInputMicros: micros(cachedInput),
    cacheWriteMicros: micros(cacheWrite ?? input),
    outputMicros: micros(output),
    asOf,
    source,
  };
}

/**
 * What is known of a model: the first own row that fits, then the shipped ones.
 *
 * Another address than the provider's own charges what it likes, so there only own rows have a price.
 */
export function pricedModel(provider: ModelProvider, name: string, { own, isOwnAddress }: { readonly own: readonly PriceRow[]; readonly isOwnAddress: boolean }): PricedModel {
  const id = `${provider}:${name}`;
  const mine = own.find((row) => matches(row, id));
  const row = mine ?? SHIPPED_PRICES.find((known) => matches(known, id));
  const price = row && (mine || !isOwnAddress || provider === 'ollama') ? priceOf(row) : null;
  return {
    contextTokens: row?.contextTokens ?? UNKNOWN_CONTEXT_TOKENS,
    maxOutputTokens: row?.maxOutputTokens ?? null,
    price: price && { currency: 'USD', inputMicros: price.inputMicros, cachedInputMicros: price.cachedInputMicros, outputMicros: price.outputMicros, asOf: price.asOf, source: price.source },
    costMicros({ inputTokens, outputTokens, cachedInputTokens, cacheWriteTokens }) {
      if (!price) return null;
      const fresh = Math.max(0, inputTokens - cachedInputTokens - cacheWriteTokens);
      const total = fresh * price.inputMicros + cachedInputTokens * price.cachedInputMicros + cacheWriteTokens * price.cacheWriteMicros + outputTokens * price.outputMicros;
      return Math.ceil(total / MICROS);
    },
  };
}
