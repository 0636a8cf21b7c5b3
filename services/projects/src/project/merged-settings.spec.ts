import { DEFAULT_PROJECT_SETTINGS } from '@countersign/domain';
import { projectSettingsSchema } from '@countersign/domain/schema';
import { describe, expect, it } from '@jest/globals';

import { mergedSettings } from './merged-settings.js';
import { changesBetween } from './settings-change.js';

describe('settings', () => {
  it('have defaults that are valid', () => {
    expect(projectSettingsSchema.parse(DEFAULT_PROJECT_SETTINGS)).toEqual(DEFAULT_PROJECT_SETTINGS);
  });

  it('keep what a patch leaves out, one by one in gates and limits', () => {
    const merged = mergedSettings(DEFAULT_PROJECT_SETTINGS, { gates: { spec: 'required' }, limits: { tokens: 5 }, testCommand: 'npm test', image: undefined });
    expect(merged).toEqual({
      ...DEFAULT_PROJECT_SETTINGS,
      gates: { ...DEFAULT_PROJECT_SETTINGS.gates, spec: 'required' },
      limits: { ...DEFAULT_PROJECT_SETTINGS.limits, tokens: 5 },
      testCommand: 'npm test',
    });
  });

  it('name the one that does not fit', () => {
    const merge = () => mergedSettings(DEFAULT_PROJECT_SETTINGS, { env: { API_TOKEN: 'x' } });
    expect(merge).toThrow(expect.objectContaining({ code: 'INVALID_INPUT', field: 'settings.env.API_TOKEN' }));
    expect(() => mergedSettings(DEFAULT_PROJECT_SETTINGS, { maxDiffLines: 0 })).toThrow(expect.objectContaining({ field: 'settings.maxDiffLines' }));
  });
});

describe('what changed', () => {
  const before = { branch: 'main', settings: DEFAULT_PROJECT_SETTINGS, policyText: 'a' };

  it('is nothing for the same settings', () => {
    expect(changesBetween(before, { ...before, settings: { ...DEFAULT_PROJECT_SETTINGS } })).toEqual({});
  });

  it('is old and new of each setting, only names of env, and versions of a policy', () => {
    const settings = { ...DEFAULT_PROJECT_SETTINGS, env: { CI: 'maybe a secret' }, approvalsRequired: 2 };
    const changed = changesBetween(before, { branch: 'next', settings, policyText: 'b' });
    expect(changed).toEqual({
      branch: { from: 'main', to: 'next' },
      policy: { from: expect.stringMatching(/^[0-9a-f]{16}$/), to: expect.stringMatching(/^[0-9a-f]{16}$/) },
      env: { from: [], to: ['CI'] },
      approvalsRequired: { from: 1, to: 2 },
    });
  });
});
