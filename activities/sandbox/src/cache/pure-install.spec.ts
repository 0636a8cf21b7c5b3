import { describe, expect, it } from '@jest/globals';

import { hasInstallScript, isInstallerFile, isPureInstall } from './pure-install.js';

describe('isPureInstall', () => {
  it.each(['npm ci', ' npm ci --no-audit --prefer-offline ', 'npm install', 'pnpm install --frozen-lockfile', 'yarn install --immutable', 'yarn'])('says so of %j', (command) => {
    expect(isPureInstall(command)).toBe(true);
  });

  it.each(['npm ci && npm run build', 'npm ci; make', 'npm install ./local', 'CI=1 npm ci', 'npm run setup', 'npm ci | tee log', 'npm ci\nmake', 'npm ci $(x)', 'npm ci --prefix=../x', 'make deps'])('does not of %j', (command) => {
    expect(isPureInstall(command)).toBe(false);
  });
});

describe('hasInstallScript', () => {
  it('finds what an install would run, and takes what it cannot read for it', () => {
    expect(hasInstallScript('{"scripts":{"test":"jest","build":"tsc"}}')).toBe(false);
    expect(hasInstallScript('{}')).toBe(false);
    for (const name of ['prepare', 'postinstall', 'preinstall', 'install']) expect(hasInstallScript(JSON.stringify({ scripts: { [name]: 'tsc' } }))).toBe(true);
    expect(hasInstallScript('not json')).toBe(true);
    expect(hasInstallScript('{"scripts":"x"}')).toBe(true);
  });
});

describe('isInstallerFile', () => {
  it('knows patches and the programs of installers', () => {
    expect(['patches/x.patch', '.yarn/releases/yarn.cjs', '.pnpmfile.cjs', 'a/.npmrc'].every(isInstallerFile)).toBe(true);
    expect(['src/index.ts', 'dispatches/x.ts', 'yarn/x.ts'].some(isInstallerFile)).toBe(false);
  });
});
