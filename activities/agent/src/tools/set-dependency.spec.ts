import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { recipeFolder, type RecipeFolder } from '../testing/recipe-folder.fake.js';
import { JsonText } from './json-text.js';

let folder: RecipeFolder;
beforeEach(() => {
  folder = recipeFolder();
});
afterEach(() => folder.remove());

const SET = 'set a to ^1.2.0 in package.json';
const manifest = (over: object = {}): string => `${JSON.stringify({ name: 'x', dependencies: { a: '^1.0.0', b: '1' }, ...over }, null, 2)}\n`;

function lock(over: { format?: number; root?: object; packages?: object; more?: object } = {}): string {
  const { format = 3, root = { dependencies: { a: '^1.0.0', b: '1' } }, packages = {}, more = {} } = over;
  const installed = { version: '1.4.0', resolved: 'https://registry.example.test/a/-/a-1.4.0.tgz', integrity: 'sha512-x' };
  return JSON.stringify({ name: 'x', lockfileVersion: format, requires: true, packages: { '': root, 'node_modules/a': installed, ...packages }, ...more }, null, 2);
}

describe('set', () => {
  it('changes the value and no other byte, in each section that names the package', () => {
    const text = '\uFEFF{\r\n\t"dependencies" : {"\\u0061":"^1.0.0" , "b":"1"},\r\n  "note": {"a": "^1.0.0"}, "peerDependencies":{ "a" : ">=1"}}';
    folder.put({ 'web/package.json': text });
    expect(folder.one('set a to ">=1.2 <3" in web/package.json')).toMatchObject({ ok: true, files: [{ path: 'web/package.json', change: 'edit', places: 2 }] });
    expect(folder.text('web/package.json')).toBe(text.replace('"^1.0.0"', '">=1.2 <3"').replace('">=1"', '">=1.2 <3"'));
  });

  it.each([
    ['set c to 1 in package.json', 'NOT_FOUND', /dependencies, devDependencies, peerDependencies, optionalDependencies/],
    ['set a to ^1.0.0 in package.json', 'NOTHING_TO_CHANGE', /already/],
    ['set w to 1 in package.json', 'MODEL_CANNOT', /package\.json:\d+ .*workspace:\*/],
    ['set a to 2 in no/package.json', 'NOT_FOUND', /not a tracked file/],
    ['set a to 2 in bad/package.json', 'TOOL_FAILED', /not valid JSON/],
    ['set a to 2 in twice/package.json', 'EDIT_NOT_UNIQUE', /at lines 2, 3/],
    ['set a to 2 in sub/package.json', 'PLAN_TOUCHES_SUBMODULE', /submodule/],
  ])('refuses %j with %s', (instruction, code, message) => {
    folder.put({
      'package.json': manifest({ devDependencies: { w: 'workspace:*' } }),
      'bad/package.json': '{"dependencies": {"a": "1"},}',
      'twice/package.json': '{"dependencies": {\n"a": "1",\n"a": "1"}}',
    });
    folder.track('sub', '160000');
    expect(folder.one(instruction)).toMatchObject({ ok: false, code, message: expect.stringMatching(message) });
    expect(folder.text('package.json')).toBe(manifest({ devDependencies: { w: 'workspace:*' } }));
  });

  it('brings an npm lock file along where the locked version fits', () => {
    folder.put({ 'package.json': manifest(), 'package-lock.json': lock() });
    expect(folder.one(SET)).toMatchObject({ ok: true, files: [{ path: 'package.json', places: 1 }, { path: 'package-lock.json', change: 'edit', places: 1 }] });
    expect(folder.text('package-lock.json')).toBe(lock({ root: { dependencies: { a: '^1.2.0', b: '1' } } }));
  });

  it('brings the lock file of the workspace along, by what is installed for the member', () => {
    const packages = (range: string): object => ({
      'web/app': { name: '@x/app', dependencies: { a: range } },
      'web/app/node_modules/a': { version: '1.9.0', resolved: 'https://registry.example.test/a/-/a-1.9.0.tgz' },
    });
    const more = (range: string): object => ({ dependencies: { '@x/app': { version: 'file:web/app', requires: { a: range } } } });
    const app = (range: string): string => `{"name":"@x/app","dependencies":{"a":"${range}"}}`;
    folder.put({ 'package.json': manifest({ workspaces: ['web/*'] }), 'web/app/package.json': app('^1.0.0'), 'package-lock.json': lock({ format: 2, packages: packages('^1.0.0'), more: more('^1.0.0') }) });
    expect(folder.one('set a to ~1.9 in web/app/package.json')).toMatchObject({ ok: true, files: [{ path: 'web/app/package.json' }, { path: 'package-lock.json', places: 2 }] });
    expect(folder.text('package-lock.json')).toBe(lock({ format: 2, packages: packages('~1.9'), more: more('~1.9') }));
  });

  it.each<[string, Record<string, string>, RegExp]>([
    ['the locked version does not fit', { 'package-lock.json': lock({ packages: { 'node_modules/a': { version: '1.1.0' } } }) }, /holds a 1\.1\.0, and \^1\.2\.0 is wanted.*npm install a@\^1\.2\.0$/],
    ['there is no locked version', { 'package-lock.json': lock({ packages: { 'node_modules/a': undefined } }) }, /holds no version of a/],
    ['it comes from elsewhere', { 'package-lock.json': lock({ packages: { 'node_modules/a': { version: '1.4.0', resolved: 'git+ssh://git@h/a.git#1' } } }) }, /from git\+ssh/],
    ['the two differ already', { 'package-lock.json': lock({ root: { dependencies: { a: '^0.9.0' } } }) }, /out of step/],
    ['the lock does not know the package', { 'npm-shrinkwrap.json': lock({ root: {} }) }, /npm-shrinkwrap\.json cannot.*out of step/],
    ['the format is old', { 'package-lock.json': '{"lockfileVersion": 1}' }, /format 1/],
    ['an override decides', { 'package.json': manifest({ overrides: { c: { a: '1' } } }), 'package-lock.json': lock() }, /overrides/],
    ['it is of yarn', { 'yarn.lock': '' }, /yarn add a@\^1\.2\.0$/],
    ['it is of pnpm', { 'pnpm-lock.yaml': '' }, /pnpm add/],
    ['it is of bun', { 'bun.lock': '{}' }, /bun add/],
    ['one of two is', { 'package-lock.json': lock(), 'yarn.lock': '' }, /yarn add/],
  ])('refuses with the command to type where %s', (_, files, message) => {
    folder.put({ 'package.json': manifest(), ...files });
    const before = Object.keys(files).map((path) => folder.text(path));
    expect(folder.one(SET)).toMatchObject({ ok: false, code: 'LOCKFILE_NOT_HONEST', message: expect.stringMatching(message) });
    expect(Object.keys(files).map((path) => folder.text(path))).toEqual(before);
  });

  it('asks a lock file above only where the folder is a member of its workspace', () => {
    folder.put({ 'package.json': manifest({ workspaces: { packages: ['./web/*/', '!web/old'] } }), 'yarn.lock': '', 'package-lock.json': lock() });
    for (const path of ['web/app', 'web/old', 'tool']) folder.put({ [`${path}/package.json`]: '{"devDependencies":{"a":"1"}}' });
    const code = (path: string): string => {
      const outcome = folder.one(`set a to ">1 || 3" in ${path}/package.json`);
      return outcome?.ok === false ? `${outcome.code} ${outcome.message}` : 'ok';
    };
    expect(code('web/app')).toMatch(/^LOCKFILE_NOT_HONEST yarn\.lock .*yarn add 'a@>1 \|\| 3' \(in web\/app\)$/);
    expect([code('web/old'), code('tool')]).toEqual(['ok', 'ok']);
    folder.put({ 'pnpm-workspace.yaml': '', 'pnpm-lock.yaml': '' });
    folder.put({ 'lib/package.json': '{"devDependencies":{"a":"1"}}' });
    expect(code('lib')).toMatch(/^LOCKFILE_NOT_HONEST/);
  });
});

describe('JsonText', () => {
  it('finds the very text of each value, however the JSON is written', () => {
    const key = fc.constantFrom('a', 'b', '"', '\\', '}', '😀', '');
    fc.assert(
      fc.property(fc.dictionary(key, fc.dictionary(key, fc.jsonValue({ maxDepth: 2 }))), fc.constantFrom(undefined, 1, '\t', '  '), (value, indent) => {
        const json = new JsonText('x', JSON.stringify(value, null, indent));
        for (const [outer, members] of Object.entries(value)) {
          for (const inner of Object.keys(members)) {
            const place = json.at([outer, inner]);
            const expected = structuredClone(value);
            (expected[outer] as Record<string, unknown>)[inner] = 'new';
            expect(place && json.with([place], 'new')).toBe(JSON.stringify(expected, null, indent));
          }
        }
      }),
    );
  });
});
