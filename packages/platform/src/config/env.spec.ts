import { inspect } from 'node:util';

import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';

import { parseEnv, secretVariable } from './env.js';
import { Secret } from './secret.js';

const schema = z.object({ PORT: z.coerce.number().int(), URL: z.url(), KEY: secretVariable, LEVEL: z.string().default('info') });

describe('parseEnv', () => {
  it('takes an empty variable as not set', () => {
    const config = parseEnv(schema, { PORT: '1', URL: 'http://a.example', KEY: 'k', LEVEL: '' });
    expect(config).toMatchObject({ PORT: 1, LEVEL: 'info' });
    expect(config.KEY.reveal()).toBe('k');
  });

  it('names every wrong variable and no value', () => {
    const parse = () => parseEnv(schema, { PORT: 'hunter2', KEY: '' });
    expect(parse).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID', field: 'PORT' }));
    expect(parse).toThrow(/PORT: [^]*URL: [^]*KEY: /);
    expect(parse).not.toThrow(/hunter2/);
  });
});

describe('Secret', () => {
  it('shows itself to reveal only', () => {
    const secret = new Secret('hunter2');
    expect([JSON.stringify({ secret }), `${secret}`, inspect({ secret }), inspect(secret, { showHidden: true })].join()).not.toContain('hunter2');
    expect(secret.reveal()).toBe('hunter2');
  });
});
