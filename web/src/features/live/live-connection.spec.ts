import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';

import { LiveConnection, type LiveSource } from './live-connection';

class FakeSource implements LiveSource {
  readyState = 0;
  private readonly hearers = new Map<string, ((event: Event) => void)[]>();

  constructor(readonly path: string) {}

  addEventListener(type: string, hear: unknown): void {
    this.hearers.set(type, [...(this.hearers.get(type) ?? []), hear as (event: Event) => void]);
  }

  close(): void {
    this.readyState = 2;
  }

  say(type: string, data: unknown = {}): void {
    this.hearers.get(type)?.forEach((hear) => hear({ data: JSON.stringify(data) } as MessageEvent));
  }
}

let sources: FakeSource[];
let isHidden: boolean;
let look: () => void;
let live: LiveConnection;
const open = (): FakeSource[] => sources.filter(({ readyState }) => readyState !== 2);
const gather = (): void => void jest.advanceTimersByTime(30);
const listener = () => {
  const heard: unknown[] = [];
  const states: boolean[] = [];
  return { heard, states, onEvent: (value: unknown) => void heard.push(value), onState: (isLive: boolean) => void states.push(isLive) };
};

beforeEach(() => {
  jest.useFakeTimers();
  sources = [];
  isHidden = false;
  live = new LiveConnection({
    open: (path) => {
      const source = new FakeSource(path);
      sources.push(source);
      return source;
    },
    isHidden: () => isHidden,
    onVisibility: (then) => (look = then),
  });
});
afterEach(() => void jest.useRealTimers());

describe('the one live stream of a tab', () => {
  it('carries what its parts joined, each with its place, and is let go with the last of them', () => {
    const [inbox, request] = [listener(), listener()];
    const leaves = [live.join('inbox', '1', undefined, inbox), live.join('request', 'r1', '3.4', request)];
    gather();
    expect(sources.map(({ path }) => decodeURIComponent(decodeURIComponent(path)))).toEqual(['/api/live?request=r1&inbox=1&at={"request":"3.4"}']);
    sources[0]?.say('ready');
    sources[0]?.say('inbox', { cursor: '1', needsMe: 1 });
    expect([inbox.heard, request.heard, inbox.states, request.states]).toEqual([[{ cursor: '1', needsMe: 1 }], [], [true], [true]]);
    leaves[1]?.();
    gather();
    expect(open()).toHaveLength(1);
    leaves[0]?.();
    gather();
    expect(open()).toHaveLength(0);
  });

  it('goes on behind what was heard when something joins it', () => {
    live.join('inbox', '1', undefined, listener());
    gather();
    sources[0]?.say('inbox', { cursor: '1.2' });
    live.join('log', 'r1', 10, listener());
    gather();
    expect(decodeURIComponent(decodeURIComponent(sources[1]?.path ?? ''))).toContain('at={"inbox":"1.2","log":10}');
    sources[1]?.say('log', { offset: 10, next: 15, text: 'hello' });
    isHidden = true;
    look();
    gather();
    isHidden = false;
    look();
    gather();
    expect(decodeURIComponent(decodeURIComponent(sources[2]?.path ?? ''))).toContain('"log":15');
  });

  it('is held only while somebody looks, and everybody is told when it is not there', () => {
    const inbox = listener();
    live.join('inbox', '1', undefined, inbox);
    gather();
    sources[0]?.say('ready');
    isHidden = true;
    look();
    gather();
    expect([open().length, inbox.states]).toEqual([0, [true, false]]);
    isHidden = false;
    look();
    gather();
    sources[1]?.say('ready');
    expect([open().length, inbox.states]).toEqual([1, [true, false, true]]);
  });

  it('leaves a lost connection to the browser, and tries one that was refused again, ever later', () => {
    live.join('inbox', '1', undefined, listener());
    gather();
    sources[0]?.say('error');
    jest.advanceTimersByTime(60_000);
    expect(sources).toHaveLength(1);
    const waits = [0, 1, 2, 3, 4, 5].map(() => {
      const source = sources.at(-1);
      if (source) source.readyState = 2;
      source?.say('error');
      const before = sources.length;
      let waited = 0;
      for (; sources.length === before; waited += 1_000) jest.advanceTimersByTime(1_000);
      return waited;
    });
    expect(waits[0]).toBeGreaterThanOrEqual(3_000);
    expect(waits.at(-1)).toBeGreaterThan(40_000);
    expect(Math.max(...waits)).toBeLessThanOrEqual(76_000);
  });

  it('gives the last state to who joins later, but no piece of a log twice', () => {
    live.join('inbox', '1', undefined, listener());
    live.join('log', 'r1', 0, listener());
    gather();
    sources[0]?.say('inbox', { cursor: '5' });
    sources[0]?.say('log', { next: 3 });
    const [inbox, log] = [listener(), listener()];
    live.join('inbox', '1', undefined, inbox);
    live.join('log', 'r1', 0, log);
    expect([inbox.heard, log.heard]).toEqual([[{ cursor: '5' }], []]);
    gather();
    expect(sources).toHaveLength(1);
  });
});
