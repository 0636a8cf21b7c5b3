import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { FakeInstallation, refusal } from '../test/fake-installation.js';

let fake: FakeInstallation;

beforeEach(async () => {
  fake = await FakeInstallation.start();
  fake.answers['{ me {'] = () => ({ data: { me: { subject: 'reviewer', roles: ['reviewer'], tenant: 't1' } } });
  await fake.run(['login', '--as', 'reviewer']);
  fake.operations.length = 0;
});
afterEach(() => fake.close());

const linesOf = (stdout: string): unknown[] => stdout.trim().split('\n').filter(Boolean).map((line) => JSON.parse(line) as unknown);
const until = async (isThere: () => boolean): Promise<void> => {
  while (!isThere()) await new Promise((resolve) => setTimeout(resolve, 5));
};

describe('logs --follow', () => {
  const chunk = (offset: number, text: string, ended = false) => ({ logAppended: { offset, text, next: offset + text.length, ended } });

  it('prints the pieces as they come and ends with the log', async () => {
    fake.live.scripts = [{ next: [chunk(0, 'one\n'), chunk(4, 'two\n'), chunk(8, '', true)], then: 'complete' }];
    const { exit, stdout, stderr } = await fake.run(['logs', 'r1', '-f']);
    expect([exit, stdout, stderr]).toEqual([0, 'one\ntwo\n', 'The log has ended.\n']);
    expect(fake.live.subscribed).toMatchObject([{ variables: { id: 'r1', after: 0 }, token: 'Bearer access-1' }]);
  });

  it('goes on at its offset after a lost connection and after the end of its token, and prints lines of JSON', async () => {
    fake.live.scripts = [
      { next: [chunk(0, 'one\n')], then: 'drop' },
      { next: [chunk(4, 'two\n')], then: 'expire' },
      { next: [chunk(8, 'three\n', true)], then: 'complete' },
    ];
    const { exit, stdout } = await fake.run(['logs', 'r1', '--follow', '--after', '0', '--json']);
    expect([exit, linesOf(stdout)]).toEqual([0, [
      { offset: 0, text: 'one\n', next: 4, ended: false },
      { offset: 4, text: 'two\n', next: 8, ended: false },
      { offset: 8, text: 'three\n', next: 14, ended: true },
    ]]);
    expect(fake.live.subscribed.map(({ variables }) => variables['after'])).toEqual([0, 4, 8]);
    expect(fake.operations).toEqual([]);
  });

  it('looks every 2 s where there is no socket, says so once, and comes to the same end', async () => {
    const log = ['one\n', '', 'two\n', ''];
    let at = 0;
    fake.answers['log(id'] = ({ variables }) => {
      const text = log[at] ?? '';
      at += 1;
      return { data: { log: { text, next: Number(variables['after']) + text.length, ended: at > log.length } } };
    };
    const { exit, stdout, stderr } = await fake.run(['logs', 'r1', '-f']);
    expect([exit, stdout]).toEqual([0, 'one\ntwo\n']);
    expect(stderr.match(/No live connection/g)).toHaveLength(1);
    expect(fake.operations.map(({ variables }) => variables['after'])).toEqual([0, 4, 4, 8, 8]);
  });

  it('ends with 0 at Ctrl-C', async () => {
    fake.live.scripts = [{ next: [chunk(0, 'one\n')], then: 'stay' }];
    const running = fake.run(['logs', 'r1', '-f']);
    await until(() => fake.live.subscribed.length === 1 && fake.interrupt !== undefined);
    await new Promise((resolve) => setTimeout(resolve, 50));
    fake.interrupt?.();
    const { exit, stdout } = await running;
    expect([exit, stdout, fake.interrupt]).toEqual([0, 'one\n', undefined]);
  });

  it('ends with the code of what the gateway said', async () => {
    fake.live.scripts = [{ errors: [{ message: 'There is no request r1', extensions: { code: 'NOT_FOUND', field: 'id' } }], then: 'complete' }];
    const { exit, stderr } = await fake.run(['logs', 'r1', '-f']);
    expect([exit, stderr]).toEqual([5, 'NOT_FOUND: There is no request r1\n']);

    fake.answers['log(id'] = () => refusal('UNAUTHENTICATED');
    expect((await fake.run(['logs', 'r1', '-f'])).exit).toBe(3);
  });

  it('writes no control characters of a log to a terminal', async () => {
    fake.live.scripts = [{ next: [chunk(0, 'a\u001b[2Jb\n', true)], then: 'complete' }];
    expect((await fake.run(['logs', 'r1', '-f'])).stdout).not.toContain('\u001b');
  });
});

describe('request watch', () => {
  const change = (cursor: string, state: string, over: object = {}, events: object[] = []) => ({
    requestChanged: { cursor, gate: null, events, request: { state, paused: false, waitingFor: null, updatedAt: `at ${cursor}` }, ...over },
  });
  const move = (state: string) => ({ at: `moved to ${state}`, type: 'transition', state });

  it('prints each change on a line and ends with the request', async () => {
    const waiting = { gate: 'plan', request: { state: 'PLAN_REVIEW', paused: false, waitingFor: 'A reviewer', updatedAt: 'at 2' } };
    fake.live.scripts = [{
      next: [
        change('1', 'PLANNING'),
        change('2', 'PLAN_REVIEW', waiting, [{ at: 'x', type: 'gate-opened', state: null }, move('PLAN_REVIEW')]),
        change('3', 'PLAN_REVIEW', waiting, [{ at: 'y', type: 'comment', state: null }]),
        change('4', 'EXECUTING', {}, [move('QUEUED'), move('EXECUTING')]),
        change('5', 'DONE', {}, [move('DONE')]),
      ],
      then: 'stay',
    }];
    const { exit, stdout } = await fake.run(['request', 'watch', 'r1']);
    expect([exit, stdout.split('\n')]).toEqual([0, [
      'at 1  PLANNING',
      'at 2  PLAN_REVIEW  plan gate open  A reviewer',
      'moved to QUEUED  QUEUED',
      'at 4  EXECUTING',
      'at 5  DONE',
      '',
    ]]);
  });

  it('goes on behind its cursor, so that no move is left out, and prints lines of JSON', async () => {
    fake.live.scripts = [
      { next: [change('1', 'PLANNING')], then: 'drop' },
      { next: [change('2', 'FAILED', {}, [move('EXECUTING'), move('FAILED')])], then: 'stay' },
    ];
    const { exit, stdout } = await fake.run(['request', 'watch', 'r1', '--json']);
    expect([exit, linesOf(stdout)]).toEqual([0, [
      { at: 'at 1', state: 'PLANNING', paused: false, waitingFor: null, gate: null },
      { at: 'moved to EXECUTING', state: 'EXECUTING', paused: false, waitingFor: null, gate: null },
      { at: 'at 2', state: 'FAILED', paused: false, waitingFor: null, gate: null },
    ]]);
    expect(fake.live.subscribed.map(({ variables }) => variables['after'])).toEqual([null, '1']);
  });

  it('ends early with --until, and with 4 where the request ended elsewhere', async () => {
    const next = [change('1', 'PLANNING'), change('2', 'DONE', {}, [move('EXECUTING'), move('DONE')])];
    fake.live.scripts = [{ next, then: 'stay' }, { next, then: 'stay' }];
    const early = await fake.run(['request', 'watch', 'r1', '--until', 'EXECUTING,DONE']);
    expect([early.exit, early.stdout]).toEqual([0, 'at 1  PLANNING\nmoved to EXECUTING  EXECUTING\n']);
    expect((await fake.run(['request', 'watch', 'r1', '--until', 'PLAN_REVIEW'])).exit).toBe(4);
    expect((await fake.run(['request', 'watch', 'r1', '--until', 'HAPPY'])).exit).toBe(2);
  });

  it('looks instead where there is no socket', async () => {
    const states = ['PLANNING', 'PLANNING', 'PLAN_REVIEW', 'DONE'];
    fake.answers['request(id'] = () => {
      const state = states.shift();
      const gates = [{ name: 'plan', state: state === 'PLAN_REVIEW' ? 'open' : 'waiting' }];
      return { data: { request: { state, paused: false, waitingFor: null, updatedAt: 't', gates } } };
    };
    const { exit, stdout } = await fake.run(['request', 'watch', 'r1']);
    expect([exit, stdout]).toEqual([0, 't  PLANNING\nt  PLAN_REVIEW  plan gate open\nt  DONE\n']);
  });
});
