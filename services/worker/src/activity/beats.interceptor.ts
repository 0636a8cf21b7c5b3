import type { ActivityInterceptorsFactory } from '@temporalio/worker';

const BEAT_MS = 3_000;

/**
 * Beats while an activity runs. A worker that was killed is noticed by its silence, within the heartbeat timeout instead of
 * the whole start-to-close time. Not for activities that may hang while their process lives: those beat for themselves.
 */
export const beats: ActivityInterceptorsFactory = (context) => ({
  inbound: {
    async execute(input, next) {
      const timer = setInterval(() => context.heartbeat(), BEAT_MS);
      try {
        return await next(input);
      } finally {
        clearInterval(timer);
      }
    },
  },
});
