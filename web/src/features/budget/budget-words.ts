import type { RequestDetail } from '../request/request-view';
import { durationText } from '../time/duration';

export type Limits = RequestDetail['budget']['limits'];
export type LimitKind = keyof Limits;

export const LIMIT_KINDS = ['attempts', 'tokens', 'costMicros', 'wallClockMs'] as const satisfies readonly LimitKind[];

/** Limits are typed in units that people use: whole units of money, minutes of work. */
export const LIMIT_WORDS: Readonly<Record<LimitKind, { readonly name: string; readonly unit: number; readonly hint: string }>> = {
  attempts: { name: 'Attempts', unit: 1, hint: 'times the change is worked on' },
  tokens: { name: 'Tokens', unit: 1, hint: 'read and written by the model' },
  costMicros: { name: 'Money', unit: 1_000_000, hint: 'in the price list’s currency' },
  wallClockMs: { name: 'Working time', unit: 60_000, hint: 'minutes' },
};

export function amountText(kind: LimitKind, amount: number | null, ifNull: string): string {
  if (amount === null) return ifNull;
  if (kind === 'wallClockMs') return durationText(amount);
  if (kind === 'costMicros') return (amount / 1_000_000).toFixed(2);
  return amount.toLocaleString('en');
}

export const limitText = (kind: LimitKind, amount: number | null): string => amountText(kind, amount, 'no limit');
export const usageText = (kind: LimitKind, amount: number | null): string => amountText(kind, amount, 'unknown');

/** Behind the tokens used: the share that the provider read from its cache, where there is one. */
export function cachedText({ tokens, cachedTokens }: { readonly tokens: number; readonly cachedTokens: number | null }): string {
  if (!cachedTokens || tokens === 0) return '';
  return ` (of it cached: ${Math.min(100, Math.round((100 * cachedTokens) / tokens))} %)`;
}
