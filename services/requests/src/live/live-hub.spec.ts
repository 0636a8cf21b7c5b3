import { describe, expect, it } from '@jest/globals';

import { hintOf, type LiveHint } from './live-hint.js';
import { LiveHub } from './live-hub.js';

const hint = (requestId: string): LiveHint => ({ tenantId: 't1', requestId, kind: 'request' });

describe('the hub of hints', () => {
  it('tells whoever has no cursor to read everything, and from then on what came since', async () => {
    const hub = new LiveHub();
    hub.publish(hint('early'));
    const first = await hub.feed(null, 0);
    expect(first).toMatchObject({ reset: true, hints: [] });
    hub.publish(hint('a'));
    hub.publish(hint('b'));
    hub.publish(hint('a'));
    const second = await hub.feed(first.cursor, 0);
    expect(second).toMatchObject({ reset: false, hints: [hint('a'), hint('b')] });
    expect(await hub.feed(second.cursor, 0)).toMatchObject({ reset: false, hints: [] });
    // A cursor that was answered but lost on its way may be used again.
    expect((await hub.feed(first.cursor, 0)).hints).toHaveLength(2);
  });

  it('answers everybody who waits as soon as there is something, and nobody before', async () => {
    const hub = new LiveHub();
    const { cursor } = await hub.feed(null, 0);
    const answers: string[] = [];
    const waiting = [1, 2].map(async () => {
      const { hints } = await hub.feed(cursor, 10_000);
      answers.push(hints.map(({ requestId }) => requestId).join());
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(answers).toEqual([]);
    hub.publish(hint('a'));
    await Promise.all(waiting);
    expect(answers).toEqual(['a', 'a']);
  });

  it('answers with nothing after the wait, and at once after its close', async () => {
    const hub = new LiveHub();
    const { cursor } = await hub.feed(null, 0);
    expect(await hub.feed(cursor, 10)).toEqual({ cursor, reset: false, hints: [] });
    const waiting = hub.feed(cursor, 10_000);
    hub.close();
    expect((await waiting).hints).toEqual([]);
    expect((await hub.feed(cursor, 10_000)).hints).toEqual([]);
  });

  it('tells reset to a cursor of an epoch that is over, of another process, or from before what it keeps', async () => {
    const hub = new LiveHub();
    const { cursor } = await hub.feed(null, 0);
    expect((await new LiveHub().feed(cursor, 0)).reset).toBe(true);
    for (const foreign of ['', 'x', `${cursor.split('.')[0]}.99`, `${cursor.split('.')[0]}.-1`, `${cursor.split('.')[0]}.x`]) {
      expect([foreign, (await hub.feed(foreign, 0)).reset]).toEqual([foreign, true]);
    }
    for (let count = 0; count <= 2_000; count += 1) hub.publish(hint(String(count)));
    expect((await hub.feed(cursor, 0)).reset).toBe(true);
    const after = (await hub.feed(null, 0)).cursor;
    hub.reset();
    expect((await hub.feed(after, 0)).reset).toBe(true);
  });
});

describe('a notification', () => {
  it('is a hint in our form or nothing', () => {
    expect(hintOf('["log","t1","r1"]')).toEqual({ kind: 'log', tenantId: 't1', requestId: 'r1' });
    for (const text of [undefined, '', '{', 'null', '[]', '["log","t1"]', '["evil","t1","r1"]', '["log","t1",""]', `["log","t1","${'x'.repeat(101)}"]`]) {
      expect([text, hintOf(text)]).toEqual([text, undefined]);
    }
  });
});
