import { describe, expect, it } from '@jest/globals';
import type { State } from '@countersign/domain';

import { stagesOf } from '../request/stages.js';
import { workDone } from './back-to-work.js';

const moves = (...states: State[]) => states.slice(1).map((to, index) => ({ from: states[index] as State, to, at: new Date(index * 1000) }));

describe('what was done so far', () => {
  it('counts attempts and fixes from the moves', () => {
    expect(workDone(moves('PLANNING', 'PLAN_REVIEW'))).toEqual({ attempt: 0, fixes: 0, sentBackBy: [] });
    expect(workDone(moves('PLAN_REVIEW', 'QUEUED', 'EXECUTING', 'CHECKING', 'EXECUTING'))).toEqual({ attempt: 2, fixes: 1, sentBackBy: ['checks', 'measure'] });
    expect(workDone(moves('QUEUED', 'EXECUTING', 'CHECKING', 'DIFF_REVIEW', 'QUEUED'))).toEqual({ attempt: 2, fixes: 0, sentBackBy: 'decision' });
    expect(workDone(moves('EXECUTING', 'CHECKING', 'EXECUTING', 'CHECKING'))).toMatchObject({ sentBackBy: [] });
    expect(workDone(moves('PLANNING', 'PLAN_REVIEW', 'PLANNING'))).toMatchObject({ sentBackBy: 'decision' });
    // A resumed request queues again without a new attempt.
    expect(workDone(moves('QUEUED', 'EXECUTING', 'QUEUED', 'EXECUTING'))).toMatchObject({ attempt: 1, fixes: 0 });
  });
});

describe('the timeline', () => {
  it('groups states into stages with attempts', () => {
    const stages = stagesOf(moves('RECEIVED', 'SPECIFYING', 'SPEC_REVIEW', 'PLANNING', 'PLAN_REVIEW', 'QUEUED', 'EXECUTING', 'CHECKING', 'EXECUTING'), 'EXECUTING');
    expect(stages.map(({ name, state, attempts }) => [name, state, attempts])).toEqual([
      ['spec', 'done', 1], ['plan', 'done', 1], ['execute', 'running', 2], ['check', 'done', 1],
      ['diff', 'waiting', 0], ['publish', 'waiting', 0], ['review', 'waiting', 0], ['merge', 'waiting', 0],
    ]);
    expect(stagesOf(moves('RECEIVED', 'SPECIFYING', 'CANCELLED'), 'CANCELLED')[0]).toMatchObject({ state: 'stopped' });
  });
});
