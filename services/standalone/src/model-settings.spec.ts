import { inspect } from 'node:util';

import { parseEnv } from '@countersign/platform';
import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';

import { forgetKeys, modelSettingsOf, modelVariables } from './model-settings.js';

const read = (env: Record<string, string>) => modelSettingsOf(parseEnv(z.object(modelVariables), env));

describe('the settings of models', () => {
  it('are offline where nothing is set', () => {
    expect(read({})).toMatchObject({ choice: { all: 'offline', spec: null, plan: null, execute: null, review: null, chat: null }, streams: true });
  });

  it('name a model for everything and others for stages, with keys that show themselves to nobody', () => {
    const models = read({ COUNTERSIGN_MODEL: 'openai:gpt-5', COUNTERSIGN_MODEL_REVIEW: 'anthropic:claude-opus-5', OPENAI_API_KEY: 'sk-hidden', OPENAI_BASE_URL: 'http://127.0.0.1:9/v1', COUNTERSIGN_OPENAI_API: 'responses' });
    expect(models).toMatchObject({ choice: { all: 'openai:gpt-5', review: 'anthropic:claude-opus-5' }, openaiApi: 'responses', providers: { openai: { baseUrl: 'http://127.0.0.1:9/v1' }, anthropic: {} } });
    expect(`${JSON.stringify(models)}${inspect(models, { depth: 10 })}`).not.toContain('sk-hidden');
    expect(models.providers.openai.key?.reveal()).toBe('sk-hidden');
  });

  it.each([
    ['COUNTERSIGN_MODEL', 'gpt-5'],
    ['COUNTERSIGN_MODEL_PLAN', 'nobody:gpt-5'],
    ['OPENAI_BASE_URL', 'ftp://127.0.0.1'],
    ['COUNTERSIGN_OPENAI_API', 'assistants'],
  ])('refuse %s=%s by its name', (name, value) => {
    expect(() => read({ [name]: value })).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID', field: name }));
  });

  it('leave no key to what is started, and let no library send what a request says to a tracing service', () => {
    const env = { LANGSMITH_TRACING: 'true', LANGCHAIN_TRACING_V2: 'true', OPENAI_API_KEY: 'k', ANTHROPIC_API_KEY: 'k', GOOGLE_API_KEY: 'k', MISTRAL_API_KEY: 'k', GROQ_API_KEY: 'k', HOME: '/root' };
    forgetKeys(env);
    expect(env).toEqual({ HOME: '/root' });
  });
});
