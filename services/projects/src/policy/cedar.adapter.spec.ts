import { describe, expect, it } from '@jest/globals';

import { CedarAdapter, type PolicyQuestion } from './cedar.adapter.js';
import { DEFAULT_POLICY } from './default-policy.js';
import { policyVersionOf } from './policy-schema.js';

const logged: string[] = [];
const logger = { error: (_details: unknown, text: string) => void logged.push(text), warn: () => undefined } as never;
const cedar = () => new CedarAdapter(logger);

const proven: PolicyQuestion['facts'] = {
  checks: 'passed',
  changedLines: 400,
  pathsOutsidePlan: 0,
  secrets: 0,
  ciOrDependencyFiles: 0,
  highestSeverity: null,
  risk: 'low',
};
const ask = (facts: Partial<PolicyQuestion['facts']> = {}, over: Partial<PolicyQuestion> = {}): PolicyQuestion => ({
  tenantId: 't1',
  projectId: 'p1',
  gate: 'diff',
  requestId: 'r1',
  maxDiffLines: 400,
  facts: { ...proven, ...facts },
  ...over,
});
const byDefault = (facts: Partial<PolicyQuestion['facts']> = {}, over: Partial<PolicyQuestion> = {}) =>
  cedar().evaluate(DEFAULT_POLICY, ask(facts, over));

describe('the default policy', () => {
  it('passes a diff whose checks passed and that stays within its limits, and says why', () => {
    expect(byDefault()).toEqual({
      effect: 'allow',
      policyIds: ['diff-proven'],
      policyVersion: policyVersionOf(DEFAULT_POLICY),
      reasons: ['The checks passed and the change stays within its limits'],
    });
  });

  it.each([
    ['diff-checks', { checks: 'failed' }, 'The checks did not pass: they failed, did not run or are not configured'],
    ['diff-checks', { checks: 'notRun' }, 'The checks did not pass: they failed, did not run or are not configured'],
    ['diff-checks', { checks: 'notConfigured' }, 'The checks did not pass: they failed, did not run or are not configured'],
    ['diff-checks', { checks: null }, 'The checks did not pass: they failed, did not run or are not configured'],
    ['diff-paths', { pathsOutsidePlan: 1 }, '1 changed path(s) lie outside the approved plan'],
    ['diff-secrets', { secrets: 2 }, '2 possible secret(s) were found in the change'],
    ['diff-size', { changedLines: 401 }, 'The size of the change was not measured or is over 400 changed lines'],
    ['diff-size', { changedLines: null }, 'The size of the change was not measured or is over 400 changed lines'],
    ['diff-ci-or-dependencies', { ciOrDependencyFiles: 3 }, '3 CI or dependency file(s) change'],
  ] as const)('denies by %s alone for %j', (id, facts, reason) => {
    expect(byDefault(facts)).toMatchObject({ effect: 'deny', policyIds: [id], reasons: [reason] });
  });

  it('takes the size limit from the settings', () => {
    expect(byDefault({ changedLines: 11 }, { maxDiffLines: 10 }).effect).toBe('deny');
    expect(byDefault({ changedLines: 10 }, { maxDiffLines: 10 }).effect).toBe('allow');
  });

  it('names every rule that forbids', () => {
    expect(byDefault({ secrets: 1, pathsOutsidePlan: 1 }).policyIds).toEqual(['diff-paths', 'diff-secrets']);
  });

  it.each(['spec', 'plan', 'merge'] as const)('decides nothing at the %s gate', (gate) => {
    expect(byDefault({}, { gate })).toMatchObject({ effect: 'none', policyIds: [], reasons: [`No policy decides the ${gate} gate`] });
  });
});

describe('a policy of the project', () => {
  it('replaces the default set and sees facts and project', () => {
    const text = `@id("docs") permit (principal == Engine::"policy", action in [Action::"plan", Action::"diff"], resource in Project::"p1")
      when { context has risk && context.risk == "low" };`;
    expect(cedar().evaluate(text, ask({ secrets: 9 }))).toMatchObject({ effect: 'allow', policyIds: ['docs'], reasons: ['docs permits it'] });
    expect(cedar().evaluate(text, ask({}, { projectId: 'p2' })).effect).toBe('none');
  });

  it('is named by its place where it has no id', () => {
    const many = Array.from({ length: 12 }, (_, n) => `permit (principal, action, resource) when { context.secrets == ${n} };`).join('\n');
    expect(cedar().evaluate(many, ask({ secrets: 2 })).policyIds).toEqual(['policy2']);
    expect(cedar().evaluate(many, ask({ secrets: 11 })).policyIds).toEqual(['policy11']);
  });

  it('none at all decides nothing', () => {
    expect(cedar().evaluate('', ask()).effect).toBe('none');
    expect(cedar().evaluate('// nothing', ask()).effect).toBe('none');
  });

  it('that fails is an error even where another permits', () => {
    const text = `permit (principal, action, resource);
      @id("overflow") forbid (principal, action, resource) when { context.secrets + 9223372036854775807 > 0 };`;
    expect(cedar().evaluate(text, ask({ secrets: 1 }))).toMatchObject({ effect: 'error', policyIds: ['overflow'] });
    expect(cedar().evaluate('permit (principal, action, resource) when { context.nothing == 1 };', ask()).effect).toBe('error');
    expect(cedar().evaluate('permit (principal', ask()).effect).toBe('error');
  });
});

describe('checking a policy text', () => {
  const refusal = (text: string): string => {
    try {
      cedar().check(text);
    } catch (error) {
      expect(error).toMatchObject({ code: 'INVALID_INPUT', field: 'policy' });
      return (error as Error).message;
    }
    return 'accepted';
  };

  it('accepts the default policy', () => {
    expect(refusal(DEFAULT_POLICY)).toBe('accepted');
  });

  it('names the place of what does not parse', () => {
    expect(refusal('permit (principal,\n  actio, resource);')).toContain('line 2, column 3: ');
  });

  it('names the place of what the schema does not know', () => {
    const text = `${DEFAULT_POLICY}\n@id("typo")\npermit (principal, action, resource)\nwhen { context.chekcs == "passed" };`;
    const line = text.split('\n').length;
    expect(refusal(text)).toMatch(new RegExp(`line ${line}, column \\d+: typo: .*chekcs`));
    expect(refusal('permit (principal, action == Action::"dif", resource);')).not.toBe('accepted');
  });

  it('refuses templates, two policies of one id, and ids that nobody could name', () => {
    expect(refusal('permit (principal == ?principal, action, resource);')).toContain('template');
    expect(refusal('@id("a") permit (principal, action, resource);\n@id("a") forbid (principal, action, resource);')).toContain('called a');
    expect(refusal('@id("a b") permit (principal, action, resource);')).toContain('@id');
  });

  it.each([
    ['brackets', `${'('.repeat(200)}true${')'.repeat(200)}`],
    ['sets', `${'['.repeat(200)}${']'.repeat(200)} == 1`],
    ['sums', `1${' + 1'.repeat(1000)} > 0`],
    ['members', `context${'.a'.repeat(1000)}`],
    ['conditions', `${'if true then '.repeat(1000)}true${' else false'.repeat(1000)}`],
    ['brackets behind a comment', `// \r ${'('.repeat(200)}true${')'.repeat(200)}`],
    ['brackets behind a string', `"\\"//" == "a" && ${'('.repeat(200)}true${')'.repeat(200)}`],
  ])('refuses what would exhaust the engine (%s), which goes on answering', (_name, body) => {
    const engine = cedar();
    const text = `permit (principal, action, resource) when { ${body} };`;
    expect(() => engine.check(text)).toThrow(/nest deeper|operators/);
    expect(engine.evaluate(text, ask()).effect).toBe('error');
    expect(engine.evaluate(DEFAULT_POLICY, ask()).effect).toBe('allow');
    expect(logged).toEqual([]);
  });

  it('takes the most that it lets through', () => {
    const engine = cedar();
    const deep = `${'(true && '.repeat(20)}(${'if true then '.repeat(60)}1${'+1'.repeat(60)} > 0${' else false'.repeat(60)})${')'.repeat(20)}`;
    engine.check(`permit (principal, action, resource) when { ${deep} };`);
    expect(engine.evaluate(`permit (principal, action, resource) when { ${deep} };`, ask()).effect).toBe('allow');
    expect(logged).toEqual([]);
  });
});
