import { condition, defineSignal, defineUpdate, proxyActivities, setHandler } from '@temporalio/workflow';

/** Nothing but what any program on Temporal needs for a decision: an update is taken, and the next activity runs. */
export async function bare(): Promise<void> {
  const { next } = proxyActivities<{ next(input: { readonly n: number }): Promise<void> }>({ startToCloseTimeout: '30s' });
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
