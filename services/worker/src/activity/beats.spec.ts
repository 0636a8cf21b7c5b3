import { describe, expect, it, jest } from '@jest/globals';

import { beats } from './beats.interceptor.js';

describe('beats', () => {
  it('beats while the activity runs and no longer, however it ends', async () => {
    jest.useFakeTimers();
    const heartbeat = jest.fn();
    const { inbound } = beats({ heartbeat } as never);
    const work = Promise.withResolvers<string>();
    const running = inbound?.execute?.({ args: [], headers: {} }, () => work.promise);
    jest.advanceTimersByTime(7_000);
    expect(heartbeat).toHaveBeenCalledTimes(2);
    work.reject(new Error('no'));
    await expect(running).rejects.toThrow('no');
    jest.advanceTimersByTime(60_000);
    expect(heartbeat).toHaveBeenCalledTimes(2);
    jest.useRealTimers();
  });
});
