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
    ['add file x\n~~~~ md ~~~\n~~~\n~~~~\n', { kind: 'add', path: 'x', content: '~~~\n' }],
    ['set left-pad to ^1.2.3 in package.json', { kind: 'set', name: 'left-pad', version: '^1.2.3', path: 'package.json' }],
    ['* Set `@scope/x.y` to ">= 1.2 <3 || 5" IN web/package.json', { kind: 'set', name: '@scope/x.y', version: '>= 1.2 <3 || 5', path: 'web/package.json' }],
    ['move file src/a.ts to "new dir/b.ts"', { kind: 'move', from: 'src/a.ts', to: 'new dir/b.ts' }],
    ['insert "\\n\\tb: 1," after "a: 1," in src/x.ts', { kind: 'insert', text: '\n\tb: 1,', anchor: 'a: 1,', path: 'src/x.ts' }],
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
    ['remove file a', /say "add file", "delete file" or "move file"/],
    ['set a to latest in package.json', /"latest" is not a version/],
    ['set a to npm:b@1 in package.json', /is not a version/],
    ['set a to file:../a in package.json', /is not a version/],
    ['set ../a to 1 in package.json', /not the name of a package/],
    ['set a to >=1 <2 in package.json', /"in" is missing/],
    ['set a to 1', /is not a version|"in" is missing/],
    ['set a to 1 in Cargo.toml', /package\.json only/],
    ['set a to 1 in ../package.json', /relative to the repository/],
    ['move file a b', /"to" is missing/],
    ['move the file a to b', /say "add file"/],
    ['move file a to a', /same/],
    ['move file a to .git/x', /inside \.git/],
    ['insert "a" before "b" in c', /"after" is missing/],
    ['insert "a" after b in c', /double quotes/],
    ['insert "a" after "b"', /"in" is missing/],
    ['insert "" after "b" in c', /empty/],
    ['insert “a” after “b” in c', /typographic/],
  ])('says what is wrong with %j', (text, problem) => {
    expect(readRecipeLines(text)[0]).toMatchObject({ kind: 'nearMiss', problem: expect.stringMatching(problem) });
  });

  it('takes other words as prose', () => {
    expect(readRecipeLines('Make it faster\n\nadditional file handling\nSet up the project\nInsert a column\nMove fast').map(({ kind }) => kind)).toEqual(Array(5).fill('prose'));
  });

  it('never throws', () => {
    const words = fc.constantFrom('rename ', 'replace ', 'add file ', 'delete file ', 'move file ', 'set ', 'insert "', ' after ', 'package.json', '1.x', ' to ', ' with ', ' in ', '"', '\\', '`', '```', '~~~', '\n', '\r\n', 'a', '.git', '😀', '\ud800', '\0');
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
      fc.record({ kind: fc.constant('move' as const), from: path, to: path }).filter(({ from, to }) => from !== to),
      fc.record({ kind: fc.constant('insert' as const), text: text.filter((value) => value !== ''), anchor: text.filter((value) => value !== ''), path }),
      fc.record({
        kind: fc.constant('set' as const),
        name: fc.constantFrom('a', '@a/b', 'left-pad', 'a.b_c'),
        version: fc.constantFrom('1.2.3', '^1.0.0-rc.1', '*', '>=1 <2 || 4.x', '~2', '1 - 3'),
        path: fc.oneof(fc.constant('package.json'), path.map((folder) => `${folder}/package.json`)),
      }),
    );
    fc.assert(fc.property(recipe, (value) => {
      expect(only(formatRecipe(value))).toEqual(value);
    }), { numRuns: 1000 });
  });
});
