import { beforeAll, describe, expect, it } from '@jest/globals';

import type { PatchFile } from './patch-lines.js';
import { secretlintScanner, type SecretScanner } from './secret-scanner.js';

// Put together here, so that no scanner takes this file for a leak.
const TOKEN = `ghp_${'a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8'}`;
const SLACK = `xoxb-${'123456789012'}-${'1234567890123'}-${'AbCdEfGhIjKlMnOpQrStUvWx'}`;

function aFile(text: readonly string[], over: { path?: string; added?: readonly number[]; from?: number } = {}): PatchFile {
  const { path = 'a.ts', added, from = 1 } = over;
  return { path, hunks: [text.map((line, index) => ({ text: line, line: index + from, added: added?.includes(index) ?? true }))] };
}

describe('secretlintScanner', () => {
  let scanner: SecretScanner;
  beforeAll(() => {
    scanner = secretlintScanner();
  });

  it('finds tokens, names kind and line, and never the secret', async () => {
    const found = await scanner.scan(aFile(['x', `const a = "${TOKEN}";`, `b = '${SLACK}'`], { from: 40 }));
    expect(found).toEqual([
      { kind: 'GITHUB_TOKEN', line: 41 },
      { kind: 'SLACK_TOKEN', line: 42 },
    ]);
    expect(JSON.stringify(found)).not.toContain(TOKEN.slice(4));
  });

  it('looks at added lines only', async () => {
    expect(await scanner.scan(aFile([`const a = "${TOKEN}";`, 'y'], { added: [1] }))).toEqual([]);
    expect(await scanner.scan(aFile([TOKEN], { added: [] }))).toEqual([]);
  });

  it.each([
    ['// secretlint-disable', (token: string) => ['// secretlint-disable', token]],
    ['secretlint-disable-line', (token: string) => [`${token} // secretlint-disable-line`]],
    ['secretlint-disable-next-line', (token: string) => ['# secretlint-disable-next-line', token]],
  ])('is not switched off by a change that says %s', async (_directive, content) => {
    expect(await scanner.scan(aFile(content(TOKEN)))).toHaveLength(1);
  });

  it('is not impressed by hostile names', async () => {
    for (const path of ['-n', 'a\nb', '../../etc/passwd', 'node_modules/x.js', 'package-lock.json', '.env', 'x'.repeat(4000)]) {
      expect(await scanner.scan(aFile([TOKEN], { path }))).toHaveLength(1);
    }
  });

  it('says nothing of ordinary code', async () => {
    expect(await scanner.scan(aFile(['const token = process.env.TOKEN;', 'password: string', 'https://example.org/a@b']))).toEqual([]);
  });
});
