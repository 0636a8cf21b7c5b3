import { describe, expect, it } from '@jest/globals';

import { languagesOf } from './image-needs.js';

describe('languagesOf', () => {
  it.each([
    [['package.json', 'src/index.ts'], ['node']],
    [['pyproject.toml'], ['python']],
    [['requirements-dev.txt'], ['python']],
    [['setup.py', 'requirements.txt'], ['python']],
    [['go.mod', 'main.go'], ['go']],
    [['pom.xml'], ['java']],
    [['app/build.gradle.kts', 'settings.gradle.kts'], ['java']],
    [['Cargo.toml', 'crates/a/Cargo.toml'], ['rust']],
    [['README.md', 'main.c', 'package.json.md', 'my-go.mod'], []],
  ])('reads %j as %j', (paths, languages) => {
    expect(languagesOf(paths)).toEqual(languages);
  });

  it('finds several, in one order whatever that of the files', () => {
    expect(languagesOf(['services/api/go.mod', 'web/package.json', 'pyproject.toml'])).toEqual(['go', 'node', 'python']);
    expect(languagesOf(['pyproject.toml', 'web/package.json', 'services/api/go.mod'])).toEqual(['go', 'node', 'python']);
  });

  it('leaves out other people’s code, samples, and what lies deep', () => {
    expect(languagesOf(['node_modules/x/package.json', 'vendor/y/go.mod', 'tests/fixtures/pom.xml', 'examples/Cargo.toml', 'a/b/c/setup.py', '.github/package.json'])).toEqual([]);
  });
});
