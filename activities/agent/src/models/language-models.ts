import { AppError, OFFLINE_MODEL, parseModelId } from '@countersign/domain';

import { OfflineModel } from '../offline/offline.adapter.js';
import type { LanguageModelPort } from '../ports/language-model.port.js';
import { type CallTimeouts, DEFAULT_TIMEOUTS } from './call-wire.js';
import { CHAT_MODELS, type ChatModelRow, type RemoteProvider } from './chat-model.registry.js';
import { LangChainModel } from './lang-chain-model.adapter.js';
import { modelError } from './model-fault.js';
import { pricedModel, type PriceRow } from './price-table.js';

export type ProviderSettings = {
  /** Shows itself to `reveal` only. */
  readonly key?: { reveal(): string };
  readonly baseUrl?: string;
};

export type ModelSettings = {
  readonly providers: { readonly [P in RemoteProvider]?: ProviderSettings };
  /** Default: `responses` at OpenAI itself, `chat` at any other address. */
  readonly openaiApi?: 'chat' | 'responses';
  /** Default: true. */
  readonly streams?: boolean;
  /** Before the shipped ones. */
  readonly prices?: readonly PriceRow[];
  readonly timeouts?: CallTimeouts;
};

/** An own server may ask for no key; the clients insist on one. */
const NO_KEY = 'no-key';

function keyOf(id: string, name: string, row: ChatModelRow, { key, baseUrl }: ProviderSettings): string {
  if (key) return key.reveal();
  if (row.keyVariable === null || baseUrl !== undefined) return NO_KEY;
  const { label, keyVariable, baseUrlVariable } = row;
  throw modelError('not-configured', { id, model: name, provider: label, host: new URL(row.baseUrl).host, keyVariable, baseUrlVariable, status: null, retryAfterMs: null, hint: null });
}

/**
 * Models by their id, each made once.
 *
 * @throws AppError MODEL_NOT_CONFIGURED naming the variable to set; INVALID_INPUT for what is no id of a model.
 */
export function languageModels(settings: ModelSettings): (id: string) => LanguageModelPort {
  const made = new Map<string, LanguageModelPort>([[OFFLINE_MODEL, new OfflineModel()]]);

  const make = (id: string): LanguageModelPort => {
    const parsed = parseModelId(id);
    if (!parsed || parsed.provider === 'offline') throw new AppError('INVALID_INPUT', `${JSON.stringify(id)} is not the name of a model`);
    const { provider, name } = parsed;
    const row = CHAT_MODELS[provider];
    const own = settings.providers[provider] ?? {};
    const baseUrl = (own.baseUrl ?? row.baseUrl).replace(/(?<!\/)\/+$/, '');
    const isOwnAddress = baseUrl !== row.baseUrl;
    return new LangChainModel({
      id,
      name,
      row,
      key: keyOf(id, name, row, own),
      baseUrl,
      api: settings.openaiApi ?? (isOwnAddress ? 'chat' : 'responses'),
      streams: settings.streams ?? true,
      priced: pricedModel(provider, name, { own: settings.prices ?? [], isOwnAddress }),
      timeouts: settings.timeouts ?? DEFAULT_TIMEOUTS,
    });
  };

  return (id) => {
    const model = made.get(id) ?? make(id);
    made.set(id, model);
    return model;
  };
}
