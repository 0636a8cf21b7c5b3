import { describe, expect, it } from '@jest/globals';

import { lineFinding } from './line-rules.js';
import { isCiOrDependencyFile } from '@countersign/domain';

describe('lineFinding', () => {
  it.each([
    ['a.ts', '  console.log("x");'],
    ['a.tsx', 'if (x) debugger;'],
    ['a.mjs', 'debugger'],
    ['a.py', '    print(x)'],
    ['a.py', 'breakpoint()'],
    ['a.php', 'var_dump($x);'],
    ['a.rb', 'binding.pry'],
    ['a.rs', 'let y = dbg!(x);'],
  ])('finds a debug statement in %s: %s', (path, text) => {
    expect(lineFinding(path, text, 3)).toEqual({ rule: 'debug-statement', severity: 'warning', message: expect.any(String), path, line: 3 });
  });

  it.each([
    ['a.ts', 'const debuggerUrl = 1;'],
    ['a.ts', 'options.debugger = true;'],
    ['a.ts', 'logger.console.log(x)'],
    ['a.py', 'fingerprint(x)'],
    ['a.py', 'self.print(x)'],
    ['a.md', 'console.log("x")'],
    ['a.swift', 'print(x)'],
    ['constructor', 'console.log(1)'],
    ['a.ts', 'a <<<<<<< b'],
    ['a.md', '======='],
  ])('leaves alone, in %s: %s', (path, text) => {
    expect(lineFinding(path, text, 1)).toBeUndefined();
  });

  it.each(['<<<<<<< HEAD', '>>>>>>> feature', '||||||| base', '<<<<<<<'])('blocks the conflict marker %s in any file', (text) => {
    expect(lineFinding('LICENSE', text, 1)).toMatchObject({ rule: 'conflict-marker', severity: 'blocking' });
  });

  it('is quick on a line of 10 MB', () => {
    const startedAt = performance.now();
    for (const path of ['a.js', 'a.py', 'a.php']) lineFinding(path, 'a.console.log '.repeat(700_000), 1);
    expect(performance.now() - startedAt).toBeLessThan(3000);
  });
});

describe('isCiOrDependencyFile', () => {
  it.each([
    '.github/workflows/ci.yml', 'sub/.github/workflows/x', '.gitlab-ci.yml', 'Jenkinsfile', 'package.json', 'web/Package.JSON', 'yarn.lock',
    'requirements-dev.txt', 'go.mod', 'Cargo.toml', 'pom.xml', 'Dockerfile', 'Dockerfile.prod', 'x/App.csproj', '.npmrc', '.gitmodules',
  ])('watches %s', (path) => {
    expect(isCiOrDependencyFile(path)).toBe(true);
  });

  it.each(['src/package.ts', 'docs/github/workflows.md', 'x/my-package.json.md', 'requirements.md', 'Dockerfiles.txt'])('does not watch %s', (path) => {
    expect(isCiOrDependencyFile(path)).toBe(false);
  });
});
