import { ApplicationFailure } from '@temporalio/common';
import { describe, expect, it } from '@jest/globals';

import { Chat, type Detach } from './chat.stage.js';
import { carryOf, lifeOf } from './life.js';

/** Answers that end when the test says so, each once it was begun. */
function talk(questions: readonly string[]) {
  const life = lifeOf({ request: 'r1' });
  life.questions = [...questions];
  const asked: string[] = [];
  const cuts: string[] = [];
  const ends: ((failure?: unknown) => void)[] = [];
  const detach: Detach = (work) => {
    void work();
    const { promise, resolve } = Promise.withResolvers<unknown>();
    ends.push(resolve);
    return { cut: () => void cuts.push(asked.at(-1) ?? ''), done: promise };
  };
  const chat = new Chat({ agent: { answer: async ({ wordId }) => void asked.push(wordId) }, detach }, life);
  const end = async (failure?: unknown): Promise<void> => {
    ends.shift()?.(failure);
    await Promise.resolve();
    await Promise.resolve();
  };
  return { life, chat, asked, cuts, end };
}

describe('chat at an open gate', () => {
  it('has comments answered one at a time, in order', async () => {
    const { chat, asked, end, life } = talk(['a', 'b']);
    chat.proceed();
    chat.proceed();
    expect([asked, chat.isReady]).toEqual([['a'], false]);
    await end();
    expect(chat.isReady).toBe(true);
    chat.proceed();
    await end();
    expect([asked, life.questions, chat.isReady]).toEqual([['a', 'b'], [], false]);
  });

  it('goes on with the next question where an answer fails: its activity has said so in the thread', async () => {
    const { chat, asked, end } = talk(['a', 'b']);
    chat.proceed();
    await end(ApplicationFailure.nonRetryable('no', 'NOT_FOUND'));
    chat.proceed();
    expect(asked).toEqual(['a', 'b']);
  });

  it('throws on what says that another run owns the request, and asks no more', async () => {
    const { chat, asked, end } = talk(['a', 'b']);
    chat.proceed();
    await end(ApplicationFailure.nonRetryable('no', 'RUN_SUPERSEDED'));
    expect(chat.isReady).toBe(true);
    expect(() => chat.proceed()).toThrow('no');
    expect(asked).toEqual(['a']);
  });

  it('drops what was not answered when the gate closes, and begins nothing before the cut answer has ended', async () => {
    const { chat, asked, cuts, end, life } = talk(['a', 'b']);
    chat.proceed();
    chat.leave(true);
    expect([cuts, life.questions]).toEqual([['a'], []]);
    life.questions = ['c'];
    chat.proceed();
    expect(asked).toEqual(['a']);
    await end();
    chat.proceed();
    expect(asked).toEqual(['a', 'c']);
  });

  it('keeps the question of an answer that a pause or a new run cuts, and carries it over', async () => {
    const { chat, asked, cuts, end, life } = talk(['a', 'b']);
    chat.proceed();
    const halted = chat.halt();
    await end();
    await halted;
    expect([cuts, carryOf(life).questions]).toEqual([['a'], ['a', 'b']]);
    chat.proceed();
    expect(asked).toEqual(['a', 'a']);
  });

  it('carries nothing where nothing was asked, as before there was a chat', () => {
    expect(carryOf(talk([]).life)).not.toHaveProperty('questions');
  });
});
