import { describe, expect, it } from '@jest/globals';

import { type Comment, type Finding, renderComments, renderFindings } from './talk-view.js';

const finding = (over: Partial<Finding> = {}): Finding => ({ rule: 'secret', severity: 'blocking', message: 'looks like a key', path: 'a.ts', line: 3, confidence: null, ...over });
const comment = (over: Partial<Comment> = {}): Comment => ({ id: 'c1', author: 'ada', text: 'why?', at: '', byModel: false, answers: null, pending: false, ...over });

describe('findings', () => {
  it('say whether a rule or the model found them, and what the model did not read', () => {
    const review = { reviewer: 'openai:m', passes: [{ name: 'tests', findings: 1, error: null }, { name: 'style', findings: 0, error: 'budget used up (tokens)' }] };
    const text = renderFindings([finding(), finding({ rule: 'model:tests', severity: 'warning', line: null, confidence: 0.7 })], review);
    expect(text).toBe(
      '\nFindings:\n  blocking a.ts:3: looks like a key (secret)\n  warning a.ts: looks like a key (model:tests, model, 70 % sure)\n  not read for style: budget used up (tokens)\n',
    );
  });

  it('say nothing where there are none', () => {
    expect(renderFindings([], null)).toBe('');
  });

  it('cannot move the cursor or add a line', () => {
    expect(renderFindings([finding({ message: 'x\n\u001b[2J' })], null).split('\n')).toHaveLength(4);
  });
});

describe('comments', () => {
  it('stand above their answers, which carry the label of the model', () => {
    const answer = comment({ id: 'a', author: 'openai:m', text: 'because\nof this', byModel: true, answers: 'c1' });
    expect(renderComments([comment(), answer])).toBe('\nComments:\n  ada: why?\n    openai:m (model): because\n      of this\n');
    expect(renderComments([])).toBe('');
  });
});
