import { describe, expect, it } from '@jest/globals';

import { AttemptLimit } from './attempt-limit.js';
import { hashPassword, makePassword, matchesPassword } from './passwords.js';

describe('passwords', () => {
  it('are 16 characters in four groups, never twice the same', () => {
    const made = Array.from({ length: 200 }, makePassword);
    expect(new Set(made).size).toBe(200);
    for (const password of made) expect(password).toMatch(/^([a-hjkmnp-z2-9]{4}-){3}[a-hjkmnp-z2-9]{4}$/);
  });

  it('match only themselves, salted', async () => {
    const [one, two] = [await hashPassword('a-b'), await hashPassword('a-b')];
    expect(one).not.toBe(two);
    expect(await matchesPassword('a-b', one)).toBe(true);
    expect(await matchesPassword('a-c', one)).toBe(false);
    expect(await matchesPassword('', one)).toBe(false);
    for (const broken of ['', 'plain', 'scrypt$1$1$1$$', 'a-b']) expect(await matchesPassword('a-b', broken)).toBe(false);
  });
});

describe('AttemptLimit', () => {
  it('lets five through, then makes each further one wait longer', () => {
    let now = 0;
    const limit = new AttemptLimit(() => now);
    expect(Array.from({ length: 5 }, () => limit.take('a'))).toEqual([0, 0, 0, 0, 0]);
    expect(limit.take('a')).toBe(5_000);
    expect(limit.take('b')).toBe(0);
    now = 5_000;
    expect(limit.take('a')).toBe(0);
    expect(limit.take('a')).toBe(10_000);
  });

  it('forgets after a success and after a quarter of an hour', () => {
    let now = 0;
    const limit = new AttemptLimit(() => now);
    for (let n = 0; n < 5; n += 1) limit.take('a');
    limit.succeeded('a');
    expect(limit.take('a')).toBe(0);
    for (let n = 0; n < 4; n += 1) limit.take('a');
    expect(limit.take('a')).toBeGreaterThan(0);
    now = 16 * 60_000;
    expect(limit.take('a')).toBe(0);
  });
});
