import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { ModelServer } from '@countersign/model-server';

import type { TestInstallation } from '../src/index.js';

/** The name that the server of ours goes by. */
export const MODEL_NAME = 'scripted-1';

export type WireProvider = 'openai' | 'anthropic';

/** What a team sets for a model of theirs, with a price for it, in dollars for a million tokens. */
export function modelEnv(app: TestInstallation, server: ModelServer, provider: WireProvider): Record<string, string> {
  const prices = join(app.reposDir, 'prices.json');
  const usdPerMillion = { input: 2, cachedInput: 0.5, output: 10 };
  writeFileSync(prices, JSON.stringify([{ id: `${provider}:${MODEL_NAME}`, contextTokens: 100_000, usdPerMillion, asOf: '2026-11-01', source: 'a test' }]));
  const own =
    provider === 'openai'
      ? { OPENAI_API_KEY: server.key, OPENAI_BASE_URL: server.baseUrls['openai-chat'] }
      : { ANTHROPIC_API_KEY: server.key, ANTHROPIC_BASE_URL: server.baseUrls.anthropic };
  return { COUNTERSIGN_MODEL: `${provider}:${MODEL_NAME}`, COUNTERSIGN_MODEL_PRICES: prices, ...own };
}
