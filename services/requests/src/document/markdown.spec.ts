import { describe, expect, it } from '@jest/globals';
import { aPlan, aSpec } from '@countersign/domain/testing';

import { checksMarkdown, reviewMarkdown } from './results.markdown.js';
import { planMarkdown, specMarkdown } from './spec-plan.markdown.js';
import { code, fenced, prose, visibleText } from './visible-text.js';
import { cut } from './document.service.js';

describe('text from outside', () => {
  it('shows control, bidirectional and invisible characters', () => {
    expect(visibleText('a\u202eb\u0000\u200b\u061c\ttab\nline')).toBe('a⟦U+202E⟧b⟦U+0000⟧⟦U+200B⟧⟦U+061C⟧\ttab\nline');
    expect(visibleText('x\u{e0041}\r\u001b[31m')).toBe('x⟦U+E0041⟧⟦U+000D⟧⟦U+001B⟧[31m');
    expect(visibleText('ünïcödé 日本 👍')).toBe('ünïcödé 日本 👍');
  });

  it('cannot close its fence or its inline code', () => {
    expect(fenced('```\n# not a heading\n````')).toBe('`````\n```\n# not a heading\n````\n`````');
    expect(code('a`b')).toBe('``a`b``');
    expect(code('`')).toBe('`` ` ``');
    expect(code('a\nb')).toBe('`a⟦U+000A⟧b`');
    expect(code('')).toBe('*(empty)*');
  });

  it('is no markup as prose', () => {
    expect(prose('# [x](javascript:1)\n<b>')).toBe('\\# \\[x\\]\\(javascript:1\\) \\<b\\>');
  });

  it('is cut at a whole character', () => {
    expect(cut('aé', 2)).toEqual({ text: 'a', truncated: true });
    expect(cut('aé', 3)).toEqual({ text: 'aé', truncated: false });
  });
});

describe('documents', () => {
  it('show every field of a spec', () => {
    const text = specMarkdown(aSpec({ goal: 'Go\u202e', outOfScope: ['Docs'] }));
    expect(text).toContain('Go⟦U+202E⟧');
    expect(text).toContain('- No a is left');
    expect(text).toContain('- Docs');
  });

  it('show every step, file, command and check of a plan', () => {
    const plan = aPlan({
      steps: [{ title: 'one', instruction: 'do `it`', files: [{ path: 'a`b.ts', change: 'edit', places: 2 }], commands: [['npm', 'run x']] }],
      checks: { setup: 'npm ci', test: null },
      commands: 'any',
      notes: ['skipped: logo.png'],
      rules: 'No new dependencies',
    });
    const text = planMarkdown(plan);
    for (const part of ['## Step 1: one', '- edit ``a`b.ts`` (2 places)', '- `npm` `run x`', 'npm ci', '*not configured*', 'may run any command', 'skipped: logo.png', '**low**', '## Rules for the agent', 'No new dependencies']) {
      expect(text).toContain(part);
    }
  });

  it('say what checks and reviews found', () => {
    const results = [
      { name: 'setup', status: 'passed', exitCode: 0, durationMs: 1, note: '', log: null },
      { name: 'test', status: 'failedBefore', exitCode: 1, durationMs: 1, note: 'also on base', log: null },
    ] as const;
    expect(checksMarkdown({ commit: 'c1', verdict: 'passed', results })).toContain('- test: failed on the base commit already (exit 1): also on base');
    const findings = [{ rule: 'secret', severity: 'blocking', message: 'looks like a key', path: 'a.ts', line: 3 }] as const;
    expect(reviewMarkdown({ reviewer: 'bot', headCommit: 'h', findings })).toContain('- blocking `secret` `a.ts:3`: looks like a key');
  });
});
