import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { downloadVariables, leftOutOf } from './download-places.js';

describe('downloadVariables', () => {
  it('leads every package manager below the mount', () => {
    const variables = downloadVariables({ yarnrc: false });
    for (const name of ['npm_config_cache', 'pnpm_config_store_dir', 'YARN_CACHE_FOLDER', 'PIP_CACHE_DIR', 'UV_CACHE_DIR', 'GOMODCACHE', 'GOCACHE', 'GRADLE_USER_HOME', 'CARGO_HOME']) {
      expect([name, variables[name]]).toEqual([name, expect.stringMatching(/^\/cache\/[a-z]/)]);
    }
    expect(variables['MAVEN_OPTS']).toBe('-Dmaven.repo.local=/cache/maven');
  });

  it('leaves a newer Yarn the cache that may be among the files of the repository', () => {
    expect(downloadVariables({ yarnrc: true })).not.toHaveProperty('YARN_CACHE_FOLDER');
    expect(downloadVariables({ yarnrc: true })['YARN_GLOBAL_FOLDER']).toBe('/cache/yarn');
  });
});

describe('leftOutOf', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'countersign-downloads-'));
    for (const path of ['maven/org/acme/lib/maven-metadata-local.xml', 'maven/org/acme/lib/1/lib-1.jar', 'maven/org/acme/other/1/other-1.jar']) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), '');
    }
  });
  afterAll(() => rm(folder, { recursive: true }));

  it.each([
    ['npm', 'npm/_cacache', 'npm/_cacache/content-v2/sha512/ab'],
    ['pnpm', 'pnpm/store/v10/files/00/x'],
    ['yarn', 'yarn/cache/left-pad.zip', 'yarn-1/v6/npm-left-pad-1.3.0-5b8a-integrity/node_modules/x'],
    ['corepack', 'corepack/v1/pnpm/10.0.0'],
    ['pip', 'pip/http/a', 'pip/http-v2/a/b'],
    ['uv', 'uv/archive-v0/x/y', 'uv/wheels-v5/pypi/foo', 'uv/simple-v16/pypi/foo.rkyv'],
    ['go', 'go/mod/example.org/a@v1.0.0/a.go', 'go/mod/cache/download/x', 'go/build/00/x-d'],
    ['maven', 'maven/org/acme/other/1/other-1.jar'],
    ['gradle', 'gradle/caches/modules-2/files-2.1/x', 'gradle/wrapper/dists/gradle-8'],
    ['cargo', 'cargo/registry/index/x', 'cargo/registry/cache/x/a.crate', 'cargo/git/db/x'],
  ])('keeps what %s downloaded, and the folders on the way', async (...paths) => {
    const isLeftOut = await leftOutOf(folder);
    for (const path of paths) expect([path, isLeftOut(path)]).toEqual([path, false]);
  });

  it.each([
    ['a program that was installed', 'cargo/bin', 'npm/_npx', 'pnpm/tool', 'gradle/init.d', 'corepack/lastKnownGood.json'],
    ['settings', 'cargo/config.toml', 'cargo/credentials.toml', 'gradle/gradle.properties', 'maven-settings.xml'],
    ['a package made of the files of the repository', 'pip/wheels/a', 'uv/sdists-v9/path/x', 'uv/wheels-v5/path/x', 'uv/wheels-v5/editable/x', 'yarn-1/v6/npm-mine-1.0.0-uuid', 'maven/org/acme/lib'],
    ['a download that failed', 'maven/org/acme/other/1/other-1.jar.lastUpdated'],
    ['anything else', 'x', 'tools/x', 'go/telemetry', 'uv/git-v0/x'],
  ])('leaves out %s', async (_, ...paths) => {
    const isLeftOut = await leftOutOf(folder);
    for (const path of paths) expect([path, isLeftOut(path)]).toEqual([path, true]);
  });
});
