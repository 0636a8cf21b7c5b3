import { symlinkSync, writeFileSync } from 'node:fs';
import { join, posix } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import ts from 'typescript';

import { recipeFolder, type RecipeFolder } from '../testing/recipe-folder.fake.js';

let folder: RecipeFolder;
beforeEach(() => {
  folder = recipeFolder();
});
afterEach(() => folder.remove());

const refusal = (instruction: string): string => {
  const outcome = folder.one(instruction);
  return outcome?.ok === false ? `${outcome.code} ${outcome.message}` : 'ok';
};

describe('move file', () => {
  it('rewrites every form of import in the style it is written in', () => {
    const importers = [
      "import a, { type B } from './lib/a'; import type C from \"./lib/a.js\"; import './lib/a.ts';",
      "export * from './lib/a.js'; export type { D } from './lib/a'; import e = require('./lib/a');",
      "const f = await import(`./lib/a.js`), g = require('./lib/a'), h: import('./lib/a').H = import(/* x */ './lib/a', {});",
      "declare module './lib/a' { } import i from './lib/a.js?raw'; import(yes ? './lib/a' : ('./lib/b'));",
      "// './lib/a' import './lib/a'",
      "export default './lib/b';",
    ].join('\n');
    folder.put({ 'src/x.ts': importers, 'src/lib/a.ts': '', 'src/lib/b.ts': '', 'src/deep/down/y.tsx': "import '../../lib/a';", 'z.js': "require('./src/lib/a')" });
    const outcome = folder.one('move file src/lib/a.ts to src/new/c.ts');
    expect(outcome).toMatchObject({
      ok: true,
      files: [
        { path: 'src/lib/a.ts', change: 'delete' },
        { path: 'src/new/c.ts', change: 'add' },
        { path: 'src/deep/down/y.tsx', change: 'edit', places: 1 },
        { path: 'src/x.ts', change: 'edit', places: 13 },
        { path: 'z.js', change: 'edit', places: 1 },
      ],
      notes: [],
    });
    const [, comment = '', ...rest] = /^([\s\S]*)\n(\/\/.*\n.*)$/.exec(importers) ?? [];
    expect(folder.text('src/x.ts')).toBe(`${comment.replaceAll('./lib/a', './new/c')}\n${rest.join('')}`);
    expect(folder.text('src/deep/down/y.tsx')).toBe("import '../../new/c';");
    expect(folder.text('z.js')).toBe("require('./src/new/c')");
    expect(folder.mode('src/lib/a.ts')).toBeUndefined();
  });

  it('rewrites what the moved file imports, also what is not in the repository, and itself', () => {
    folder.put({ 'src/a.ts': "import './b.js'; import './gen/x'; import '..'; import './a.js'; import 'react'; import '../../out';\n", 'src/b.ts': '', 'index.ts': '' }, '100755');
    expect(folder.one('move file src/a.ts to src/deep/down/a.ts')).toMatchObject({ ok: true, files: [{ change: 'delete' }, { path: 'src/deep/down/a.ts', change: 'add', places: 4 }] });
    expect(folder.text('src/deep/down/a.ts')).toBe("import '../../b.js'; import '../../gen/x'; import '../../..'; import './a.js'; import 'react'; import '../../../../out';\n");
    expect((folder.mode('src/deep/down/a.ts') ?? 0) & 0o111).toBe(0o111);
  });

  it('follows imports by a folder to its index, and to where the index goes', () => {
    folder.put({ 'src/lib/index.ts': "export * from './a';", 'src/lib/a.ts': "import '.'; import './';", 'src/x.ts': "import './lib'; import './lib/'; import './lib/index.js';" });
    folder.run(['move file src/lib/index.ts to src/kit/index.ts']);
    expect([folder.text('src/x.ts'), folder.text('src/lib/a.ts'), folder.text('src/kit/index.ts')]).toEqual([
      "import './kit'; import './kit/'; import './kit/index.js';",
      "import '../kit'; import '../kit/';",
      "export * from '../lib/a';",
    ]);
    folder.track('src/kit/index.ts', '100644');
    expect(folder.one('move file src/kit/index.ts to src/main.mts')).toMatchObject({ ok: true });
    expect(folder.text('src/x.ts')).toBe("import './main.mjs'; import './main.mjs'; import './main.mjs';");
  });

  it('moves other files with their bytes and mode, and what imports them', () => {
    const bytes = Buffer.from([0, 255, 10]);
    folder.put({ 'a/logo.png': bytes, 'a/x.js': "import logo from './logo.png?url';" });
    folder.put({ 'run.sh': 'x' }, '100755');
    expect(folder.run(['move file a/logo.png to img/b.png', 'move file run.sh to bin/run', 'move file bin/run to bin/start'])).toMatchObject([{ ok: true }, { ok: true }, { ok: true }]);
    expect(folder.text('a/x.js')).toBe("import logo from '../img/b.png?url';");
    expect(folder.text('img/b.png')).toBe(bytes.toString('utf8'));
    expect([(folder.mode('bin/start') ?? 0) & 0o111, folder.mode('bin/run'), folder.mode('run.sh')]).toEqual([0o111, undefined, undefined]);
  });

  it('goes there and back to the same bytes, in one plan and step by step', () => {
    folder.put({ 'src/a.ts': "import './b';", 'src/b.ts': "import './a';" });
    const steps = ['move file src/a.ts to lib/x/a.ts', 'move file lib/x/a.ts to src/a.ts'];
    expect(folder.run(steps, true).map(({ ok }) => ok)).toEqual([true, true]);
    expect(folder.mode('lib')).toBeUndefined();
    folder.run(steps);
    expect([folder.text('src/a.ts'), folder.text('src/b.ts')]).toEqual(["import './b';", "import './a';"]);
  });

  it('notes what it leaves: other texts, aliases, files that are no code', () => {
    folder.put({
      'tsconfig.json': '{"compilerOptions":{"paths":{"@/*":["src/*"]}}}',
      'package.json': '{"main":"./src/a.ts"}',
      'README.md': 'See src/a.ts. Not src/a.tsx',
      'docs.md': 'lib/src/a.ts',
      'App.vue': "<script>import './src/a'</script>",
      'src/a.ts': "new URL('./data.json', import.meta.url); new URL('./none', import.meta.url);",
      'src/data.json': '{}',
      'src/x.spec.ts': "jest.mock('./a');\nimport '@/a'; require('./b');",
      'bad.ts': "import './src/a'; const = ;",
      'bin.ts': Buffer.from('\0'),
    });
    expect(folder.one('move file src/a.ts to lib/a.ts')).toMatchObject({
      ok: true,
      files: [{ path: 'src/a.ts' }, { path: 'lib/a.ts' }, { path: 'bad.ts', places: 1 }],
      notes: [
        'Skipped 1 (not UTF-8 text): bin.ts.',
        'Left as they are, since they are no imports: src/a.ts:1 "./data.json", src/x.spec.ts:1 "./a".',
        'Left as they are, since another name than a relative path may mean src/a.ts: src/x.spec.ts:2 "@/a".',
        'src/a.ts is also named in App.vue, README.md, package.json, which stays as it is.',
        'Syntax that the parser does not know in bad.ts: check the result there.',
      ],
    });
  });

  it.each<[string, Record<string, string>, RegExp]>([
    ['a path put together at run time', { 'x.ts': '\nimport(`./src/${n}.js`)' }, /EDIT_NOT_UNIQUE .*x\.ts:2 "\.\/src\/" is put together at run time/],
    ['one made by adding', { 'x.js': "require('./' + n)" }, /x\.js:1 "\.\/" is put together/],
    ['one in the moved file', { 'src/a.ts': 'import(`./other/${n}`)' }, /src\/a\.ts:1/],
    ['two files of one name', { 'src/a.js': '', 'x.ts': "import './src/a'" }, /x\.ts:1 "\.\/src\/a" can mean src\/a\.ts or src\/a\.js/],
    ['a file that would hide another', { 'lib/b/index.ts': '', 'x.ts': "import './lib/b'" }, /would be "\.\/lib\/b" and mean lib\/b\.ts/],
    ['a file beside one of the same name', { 'lib/b.js': '', 'x.ts': "import './src/a'" }, /would be "\.\/lib\/b" and mean lib\/b\.ts or lib\/b\.js/],
    ['unlike a path that cannot lead there', { 'x.ts': 'import(`./other/${n}`); import(`${n}/a`); foo(`./src/${n}`)' }, /ok/],
  ])('refuses with places %s', (_, files, message) => {
    folder.put({ 'src/a.ts': '', ...files });
    const outcome = refusal('move file src/a.ts to lib/b.ts');
    expect(outcome).toMatch(message);
    expect(folder.mode('src/a.ts') === undefined).toBe(outcome === 'ok');
  });

  it('refuses an import by a folder whose package.json may lead elsewhere', () => {
    folder.put({ 'src/package.json': '{}', 'src/index.js': '', 'x.js': "require('./src')" });
    expect(refusal('move file src/index.js to src/main.js')).toMatch(/x\.js:1 "\.\/src" can mean src\/package\.json or src\/index\.js/);
  });

  it.each([
    ['move file none.ts to b.ts', 'NOT_FOUND'],
    ['move file untracked.ts to b.ts', 'NOT_FOUND'],
    ['move file src/a.ts to x.ts', 'ALREADY_EXISTS'],
    ['move file src/a.ts to untracked.ts', 'ALREADY_EXISTS'],
    ['move file src/a.ts to src', 'ALREADY_EXISTS'],
    ['move file x.ts to x.ts/y.ts', 'ALREADY_EXISTS'],
    ['move file src/a.ts to sub/a.ts', 'PLAN_TOUCHES_SUBMODULE'],
    ['move file sub to b', 'PLAN_TOUCHES_SUBMODULE'],
    ['move file .gitmodules to b', 'PLAN_TOUCHES_SUBMODULE'],
    ['move file model.ts to b.ts', 'PLAN_TOUCHES_LFS'],
    ['move file link.ts to b.ts', 'TOOL_FAILED'],
    ['move file src/a.ts to out/a.ts', 'PATH_OUTSIDE_WORKSPACE'],
    ['move file src/a.ts to src/a.md', 'MODEL_CANNOT'],
    ['move file src/a.ts to "it\'s.ts"', 'EDIT_NOT_UNIQUE'],
  ])('refuses %j with %s', (instruction, code) => {
    folder.put({ 'src/a.ts': '', 'x.ts': "import './src/a'", '.gitmodules': '', 'model.ts': 'version https://git-lfs.github.com/spec/v1\n' });
    folder.link('link.ts', 'x.ts');
    symlinkSync('/tmp', join(folder.root, 'out'));
    writeFileSync(join(folder.root, 'untracked.ts'), '');
    folder.track('sub', '160000');
    expect(refusal(instruction)).toMatch(new RegExp(`^${code} `));
    expect(folder.text('x.ts')).toBe("import './src/a'");
  });
});

/** The TypeScript compiler's own resolution, on files in memory. */
function resolver(files: ReadonlyMap<string, string>): (from: string, specifier: string) => string | undefined {
  const folders = new Set([...files.keys()].flatMap((path) => path.split('/').map((_, index, parts) => `/${parts.slice(0, index).join('/')}`)));
  const host = { fileExists: (path: string) => files.has(path.slice(1)), readFile: (path: string) => files.get(path.slice(1)), directoryExists: (path: string) => folders.has(path.replace(/(?<=.)\/$/, '')) };
  const options = { module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler, allowJs: true, allowImportingTsExtensions: true, resolveJsonModule: true };
  return (from, specifier) => ts.resolveModuleName(specifier, `/${from}`, options, host).resolvedModule?.resolvedFileName.slice(1);
}

describe('move file, by the compiler', () => {
  it('leaves every import leading where it led', () => {
    const FOLDERS = ['', 'src/', 'src/lib/', 'src/lib/deep/', 'test/'];
    const path = fc.tuple(fc.constantFrom(...FOLDERS), fc.constantFrom('a', 'b', 'index', 'c.test'), fc.constantFrom('.ts', '.tsx', '.js', '.mts', '.d.ts')).map((parts) => parts.join(''));
    const style = fc.constantFrom('exact', 'bare', 'js', 'folder');
    const spell = (from: string, to: string, how: string): string => {
      const relative = posix.relative(posix.dirname(`/${from}`), `/${to}`);
      const dotted = relative.startsWith('.') ? relative : `./${relative}`;
      if (how === 'bare') return dotted.replace(/(\.d)?\.[a-z]+$/, '');
      if (how === 'js') return dotted.replace(/(\.d)?\.[a-z]+$/, '.js');
      return how === 'folder' ? dotted.replace(/\/index\.[.a-z]+$/, '') : dotted;
    };
    const tree = fc.tuple(fc.uniqueArray(path, { minLength: 2, maxLength: 8 }), fc.array(fc.tuple(fc.nat(7), fc.nat(7), style), { maxLength: 12 }), path);
    let moved = 0;
    fc.assert(
      fc.property(tree, ([paths, links, to]) => {
        if (paths.includes(to)) return;
        const imports = paths.map((from, at) => links.filter(([source]) => source % paths.length === at).map(([, target, how]) => spell(from, paths[target % paths.length] ?? from, how)));
        const before = new Map(paths.map((from, at) => [from, (imports[at] ?? []).map((specifier) => `import ${JSON.stringify(specifier)};\n`).join('')]));
        const from = paths[0] ?? '';
        const place = recipeFolder();
        try {
          place.put(Object.fromEntries(before));
          const outcome = place.one(`move file ${from} to ${to}`);
          if (!outcome?.ok) return;
          moved += 1;
          const at = (old: string): string => (old === from ? to : old);
          const after = new Map(paths.map((old) => [at(old), place.text(at(old))]));
          const [was, is] = [resolver(before), resolver(after)];
          for (const [index, old] of paths.entries()) {
            const now = [...(after.get(at(old)) ?? '').matchAll(/"(.*)"/g)].map(([, specifier = '']) => is(at(old), specifier));
            const then = (imports[index] ?? []).map((specifier) => was(old, specifier));
            for (const [n, target] of then.entries()) if (target !== undefined) expect(now[n]).toBe(at(target));
          }
        } finally {
          place.remove();
        }
      }),
      { numRuns: 150 },
    );
    expect(moved).toBeGreaterThan(30);
  });
});
