import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { readRecipeLines } from './recipe-grammar.js';
import { formatRecipe, type Recipe } from './recipe.js';

function only(text: string): Recipe | string {
  const [line, ...more] = readRecipeLines(text);
  if (!line || more.length > 0) return `${more.length + 1} lines`;
  return line.kind === 'recipe' ? line.recipe : line.kind === 'nearMiss' ? line.problem : 'prose';
}

describe('recipe grammar', () => {
  it.each<[string, Recipe]>([
    ['rename a to b', { kind: 'rename', from: 'a', to: 'b', glob: null }],
    ['Rename `getUser` TO $fetch_1 IN src/**/*.ts', { kind: 'rename', from: 'getUser', to: '$fetch_1', glob: 'src/**/*.ts' }],
    ['- rename größe to width.', { kind: 'rename', from: 'größe', to: 'width', glob: null }],
    ['replace "a \\"b\\" \\\\ \\n" with ""', { kind: 'replace', search: 'a "b" \\ \n', replacement: '', glob: null }],
    ['replace "to" with "with" in "my docs/*.md"', { kind: 'replace', search: 'to', replacement: 'with', glob: 'my docs/*.md' }],
    ['delete file "with space.txt"', { kind: 'delete', path: 'with space.txt' }],
    ['delete file -dash', { kind: 'delete', path: '-dash' }],
    ['add file a/b.md\n\n```md\n# Hi\n\n  there\n```', { kind: 'add', path: 'a/b.md', content: '# Hi\n\n  there\n' }],
    ['add file empty\r\n~~~\r\n~~~\r\n', { kind: 'add', path: 'empty', content: '' }],
    ['2. add file x\n   ````\n   ```\n   ````', { kind: 'add', path: 'x', content: '```\n' }],
  ])('reads %j', (text, recipe) => {
    expect(only(text)).toEqual(recipe);
  });

  it.each([
    ['rename a b', /"to" is missing/],
    ['rename foo-bar to baz', /must be an identifier/],
    ['rename a to a', /same/],
    ['rename a to b please', /"please" at the end/],
    ['rename a to b in', /glob .* is missing/],
    ['replace a with b', /double quotes/],
    ['replace “a” with “b”', /typographic/],
    ['replace "" with "b"', /empty/],
    ['replace "a" with "b', /no closing quote/],
    ['replace "\\q" with "b"', /unknown escape/],
    ['add file x', /content is missing/],
    ['add file x:\n```\n```', /ends with ":"/],
    ['add file x\n```\nnever closed', /never closed/],
    ['delete file ../x', /relative to the repository/],
    ['delete file /etc/passwd', /relative to the repository/],
    ['delete file .GIT/config', /inside \.git/],
    ['delete file a b', /spaces in quotes/],
    ['remove file a', /say "add file" or "delete file"/],
  ])('says what is wrong with %j', (text, problem) => {
    expect(readRecipeLines(text)[0]).toMatchObject({ kind: 'nearMiss', problem: expect.stringMatching(problem) });
  });

  it('takes other words as prose', () => {
    expect(readRecipeLines('Make it faster\n\nadditional file handling').map(({ kind }) => kind)).toEqual(['prose', 'prose']);
  });

  it('never throws', () => {
    const words = fc.constantFrom('rename ', 'replace ', 'add file ', 'delete file ', ' to ', ' with ', ' in ', '"', '\\', '`', '```', '~~~', '\n', '\r\n', 'a', '.git', '😀', '\ud800', '\0');
    fc.assert(fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.array(words, { maxLength: 40 }).map((parts) => parts.join(''))), (text) => {
      readRecipeLines(text);
    }), { numRuns: 2000 });
  });

  it('reads its own spelling back', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 30 }).filter((value) => value.isWellFormed() && !/[\0]/.test(value));
    const part = text.filter((value) => value !== '' && !/^\.{1,2}$|\//.test(value) && value.toLowerCase() !== '.git');
    const path = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));
    const glob = fc.option(text.filter((value) => value !== ''));
    const content = fc.array(text.map((line) => `${line.replace(/[\r\n]/g, '')}\n`), { maxLength: 5 }).map((lines) => lines.join(''));
    const recipe = fc.oneof(
      fc.record({ kind: fc.constant('rename' as const), from: fc.constantFrom('a', '$x', 'größe'), to: fc.constantFrom('b', '_'), glob }),
      fc.record({ kind: fc.constant('replace' as const), search: text.filter((value) => value !== ''), replacement: text, glob }).filter((value) => value.search !== value.replacement),
      fc.record({ kind: fc.constant('add' as const), path, content }),
      fc.record({ kind: fc.constant('delete' as const), path }),
    );
    fc.assert(fc.property(recipe, (value) => {
      expect(only(formatRecipe(value))).toEqual(value);
    }), { numRuns: 1000 });
  });
});
