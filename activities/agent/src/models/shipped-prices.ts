const ANTHROPIC = { asOf: '2026-10-10', source: 'https://platform.claude.com/docs/en/about-claude/pricing' };
const OPENAI = { asOf: '2026-04-13', source: 'https://developers.openai.com/api/docs/pricing' };
const OPENAI_NEW = { asOf: '2026-06-30', source: 'https://developers.openai.com/api/docs/pricing' };
const GOOGLE = { asOf: '2026-04-30', source: 'https://ai.google.dev/gemini-api/docs/pricing' };
const GROQ = { asOf: '2026-06-30', source: 'https://console.groq.com/docs/models' };
const HELD = { note: 'Longer prompts cost more: the window is held to where this price is true.' };

/**
 * Dollars for a million tokens, as the sources said on the day named (read in stored copies of those pages and in what
 * quotes them). A model that is not here costs *unknown*: what is not sure is left out.
 */
export const SHIPPED_ROWS = [
  { id: 'anthropic:claude-fable-5-1', contextTokens: 1_000_000, maxOutputTokens: 128_000, usdPerMillion: { input: 10, cachedInput: 0.25, cacheWrite: 12.5, output: 50 }, ...ANTHROPIC },
  { id: 'anthropic:claude-fable-5', contextTokens: 1_000_000, maxOutputTokens: 128_000, usdPerMillion: { input: 10, cachedInput: 1, cacheWrite: 12.5, output: 50 }, ...ANTHROPIC },
  { id: 'anthropic:claude-opus-5-5', contextTokens: 1_000_000, maxOutputTokens: 128_000, usdPerMillion: { input: 4, cachedInput: 0.2, cacheWrite: 5, output: 20 }, ...ANTHROPIC },
  { id: 'anthropic:claude-opus-5', contextTokens: 1_000_000, maxOutputTokens: 128_000, usdPerMillion: { input: 5, cachedInput: 0.5, cacheWrite: 6.25, output: 25 }, ...ANTHROPIC },
  { id: 'anthropic:claude-opus-4-8', contextTokens: 1_000_000, maxOutputTokens: 128_000, usdPerMillion: { input: 5, cachedInput: 0.5, cacheWrite: 6.25, output: 25 }, ...ANTHROPIC },
  { id: 'anthropic:claude-opus-4-7', contextTokens: 1_000_000, maxOutputTokens: 128_000, usdPerMillion: { input: 5, cachedInput: 0.5, cacheWrite: 6.25, output: 25 }, ...ANTHROPIC },
  { id: 'anthropic:claude-opus-4-6', contextTokens: 200_000, maxOutputTokens: 128_000, usdPerMillion: { input: 5, cachedInput: 0.5, cacheWrite: 6.25, output: 25 }, ...ANTHROPIC },
  { id: 'anthropic:claude-opus-4-5', contextTokens: 200_000, maxOutputTokens: 64_000, usdPerMillion: { input: 5, cachedInput: 0.5, cacheWrite: 6.25, output: 25 }, ...ANTHROPIC },
  { id: 'anthropic:claude-sonnet-4-6', contextTokens: 200_000, maxOutputTokens: 64_000, usdPerMillion: { input: 3, cachedInput: 0.3, cacheWrite: 3.75, output: 15 }, ...ANTHROPIC },
  { id: 'anthropic:claude-sonnet-4-5', contextTokens: 200_000, maxOutputTokens: 64_000, usdPerMillion: { input: 3, cachedInput: 0.3, cacheWrite: 3.75, output: 15 }, ...ANTHROPIC },
  { id: 'anthropic:claude-haiku-4-5', contextTokens: 200_000, maxOutputTokens: 64_000, usdPerMillion: { input: 1, cachedInput: 0.1, cacheWrite: 1.25, output: 5 }, ...ANTHROPIC },
  { id: 'openai:gpt-5.5', contextTokens: 270_000, maxOutputTokens: 128_000, usdPerMillion: { input: 5, cachedInput: 0.5, output: 30 }, ...OPENAI_NEW, ...HELD },
  { id: 'openai:gpt-5.4', contextTokens: 270_000, maxOutputTokens: 128_000, usdPerMillion: { input: 2.5, cachedInput: 0.25, output: 15 }, ...OPENAI_NEW, ...HELD },
  { id: 'openai:gpt-5.4-mini', contextTokens: 270_000, maxOutputTokens: 128_000, usdPerMillion: { input: 0.75, cachedInput: 0.075, output: 4.5 }, ...OPENAI_NEW, ...HELD },
  { id: 'openai:gpt-5.4-nano', contextTokens: 270_000, maxOutputTokens: 128_000, usdPerMillion: { input: 0.2, cachedInput: 0.02, output: 1.25 }, ...OPENAI_NEW, ...HELD },
  { id: 'openai:gpt-5.2', contextTokens: 272_000, maxOutputTokens: 128_000, usdPerMillion: { input: 1.75, cachedInput: 0.175, output: 14 }, ...OPENAI },
  { id: 'openai:gpt-5.1', contextTokens: 272_000, maxOutputTokens: 128_000, usdPerMillion: { input: 1.25, cachedInput: 0.125, output: 10 }, ...OPENAI },
  { id: 'openai:gpt-5', contextTokens: 272_000, maxOutputTokens: 128_000, usdPerMillion: { input: 1.25, cachedInput: 0.125, output: 10 }, ...OPENAI },
  { id: 'openai:gpt-5-mini', contextTokens: 272_000, maxOutputTokens: 128_000, usdPerMillion: { input: 0.25, cachedInput: 0.025, output: 2 }, ...OPENAI },
  { id: 'openai:gpt-5-nano', contextTokens: 272_000, maxOutputTokens: 128_000, usdPerMillion: { input: 0.05, cachedInput: 0.005, output: 0.4 }, ...OPENAI },
  { id: 'openai:gpt-4.1', contextTokens: 1_047_576, maxOutputTokens: 32_768, usdPerMillion: { input: 2, cachedInput: 0.5, output: 8 }, ...OPENAI },
  { id: 'openai:gpt-4.1-mini', contextTokens: 1_047_576, maxOutputTokens: 32_768, usdPerMillion: { input: 0.4, cachedInput: 0.1, output: 1.6 }, ...OPENAI },
  { id: 'openai:gpt-4.1-nano', contextTokens: 1_047_576, maxOutputTokens: 32_768, usdPerMillion: { input: 0.1, cachedInput: 0.025, output: 0.4 }, ...OPENAI },
  { id: 'openai:gpt-4o', contextTokens: 128_000, maxOutputTokens: 16_384, usdPerMillion: { input: 2.5, cachedInput: 1.25, output: 10 }, ...OPENAI },
  { id: 'openai:gpt-4o-mini', contextTokens: 128_000, maxOutputTokens: 16_384, usdPerMillion: { input: 0.15, cachedInput: 0.075, output: 0.6 }, ...OPENAI },
  { id: 'openai:o3', contextTokens: 200_000, maxOutputTokens: 100_000, usdPerMillion: { input: 2, cachedInput: 0.5, output: 8 }, ...OPENAI },
  { id: 'openai:o4-mini', contextTokens: 200_000, maxOutputTokens: 100_000, usdPerMillion: { input: 1.1, cachedInput: 0.275, output: 4.4 }, ...OPENAI },
  { id: 'google:gemini-2.5-pro', contextTokens: 200_000, maxOutputTokens: 65_536, usdPerMillion: { input: 1.25, cachedInput: 0.125, output: 10 }, ...GOOGLE, ...HELD },
  { id: 'google:gemini-2.5-flash', contextTokens: 1_048_576, maxOutputTokens: 65_536, usdPerMillion: { input: 0.3, cachedInput: 0.03, output: 2.5 }, ...GOOGLE },
  { id: 'google:gemini-2.5-flash-lite', contextTokens: 1_048_576, maxOutputTokens: 65_536, usdPerMillion: { input: 0.1, cachedInput: 0.01, output: 0.4 }, ...GOOGLE },
  { id: 'groq:openai/gpt-oss-120b', contextTokens: 131_072, maxOutputTokens: 65_536, usdPerMillion: { input: 0.15, cachedInput: 0.075, output: 0.6 }, ...GROQ },
  { id: 'groq:openai/gpt-oss-20b', contextTokens: 131_072, maxOutputTokens: 65_536, usdPerMillion: { input: 0.075, cachedInput: 0.037, output: 0.3 }, ...GROQ },
  { id: 'groq:llama-3.3-70b-versatile', contextTokens: 131_072, maxOutputTokens: 32_768, usdPerMillion: { input: 0.59, cachedInput: 0.59, output: 0.79 }, ...GROQ },
  { id: 'groq:llama-3.1-8b-instant', contextTokens: 131_072, maxOutputTokens: 131_072, usdPerMillion: { input: 0.05, cachedInput: 0.05, output: 0.08 }, ...GROQ },
  { id: 'ollama:*', contextTokens: 32_768, usdPerMillion: { input: 0, cachedInput: 0, output: 0 }, asOf: '2026-11-21', source: 'runs on your machine' },
] as const;
