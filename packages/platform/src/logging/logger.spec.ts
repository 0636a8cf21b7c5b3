import { Writable } from 'node:stream';

import { describe, expect, it } from '@jest/globals';

import { createLogger } from './logger.js';
import { NestPinoLogger } from './nest-pino-logger.js';

function captured() {
  const lines: string[] = [];
  const sink = new Writable({ write: (chunk: Buffer, _encoding, done) => (lines.push(chunk.toString()), done()) });
  return { lines, logger: createLogger('test', 'trace', sink) };
}

describe('createLogger', () => {
  it('redacts credentials three levels deep', () => {
    const { lines, logger } = captured();
    logger.info({ password: 's3', token: 's3', req: { headers: { authorization: 's3', cookie: 's3', 'set-cookie': 's3' } } });
    logger.info({ body: { access_token: 's3', refresh_token: 's3', client_secret: 's3' } });
    expect(lines.join()).not.toContain('s3');
    expect(lines).toHaveLength(2);
  });

  it('logs of an error what helps, not what it carries', () => {
    const { lines, logger } = captured();
    const error = Object.assign(new Error('broken', { cause: new Error('below') }), { code: '23505', parameters: ['s3'] });
    logger.error({ err: error }, 'x');
    expect(lines[0]).toMatch(/broken.*23505/s);
    expect(lines[0]).toContain('below');
    expect(lines[0]).not.toContain('s3');
  });
});

describe('NestPinoLogger', () => {
  it('keeps level and context', () => {
    const { lines, logger } = captured();
    new NestPinoLogger(logger).warn('careful', 'Part');
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 40, context: 'Part', msg: 'careful' });
  });
});
