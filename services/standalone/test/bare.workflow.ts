import { condition, defineSignal, defineUpdate, proxyActivities, setHandler } from '@temporalio/workflow';

/**
 * Nothing but what any program on Temporal needs for a decision: an update is taken, and the next activity runs. On the
 * queue of its own worker the server hands that activity back with the answer to the workflow task; on a queue of another,
 * as a service has that keeps its work to itself, it goes the whole way.
 */
export async function bare(taskQueue?: string): Promise<void> {
  const { next } = proxyActivities<{ next(input: { readonly n: number }): Promise<void> }>({ startToCloseTimeout: '30s', ...(taskQueue !== undefined && { taskQueue }) });
  let taken = 0;
  let isOver = false;
  setHandler(defineUpdate<{ readonly recorded: true }, [object]>('decide'), (_vote: object) => {
    taken += 1;
    return { recorded: true } as const;
  });
  setHandler(defineSignal('end'), () => void (isOver = true));
  for (let done = 0; ; done += 1) {
    await condition(() => taken > done || isOver);
    if (isOver) return;
    await next({ n: done });
  }
}
