import { describe, expect, it } from '@jest/globals';

import { redact } from './redaction.js';

const CHARS = 65_536;
/** Ten times what the slowest takes now; a pattern that looks at the rest of the line from every place takes seconds. */
const LIMIT_MS = 1_500;

describe('redact', () => {
  it.each(['x', 'a:', 'a://', 'a://b:', 'eyJabcdefgh-', 'eyJabcdefgh.', 'token', 'token-', 'token ', 'token"', 'secret = ', 'bearer ', 'sk-', '-----BEGIN ', '"\'', ' '])(
    'takes no longer for one line of nothing but %j',
    (word) => {
      const begin = performance.now();
      redact(word.repeat(CHARS / word.length));
      expect(performance.now() - begin).toBeLessThan(LIMIT_MS);
    },
  );

  it.each([
    ['postgres://ada:hunter2@db/x', 'postgres://[redacted]@db/x'],
    [`${'x'.repeat(CHARS)}https://ada:hunter2@db`, `${'x'.repeat(CHARS)}https://[redacted]@db`],
    [`my-token-${'of-mine-'.repeat(20)}: 0123456789`, `my-token-${'of-mine-'.repeat(20)}: [redacted]`],
    [`x eyJ${'a'.repeat(9000)}.eyJ${'b'.repeat(9000)}.c y`, 'x [redacted] y'],
    [`id-eyJ${'a'.repeat(3000)}.eyJ${'b'.repeat(9000)}.c y`, 'id-[redacted] y'],
    [`my-token-${'of-mine-'.repeat(2000)}: 0123456789`, `my-token-${'of-mine-'.repeat(2000)}: [redacted]`],
  ])('still finds the secret in %.40s', (text, shown) => {
    expect(redact(text)).toBe(shown);
  });
});
