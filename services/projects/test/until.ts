import { setTimeout as sleep } from 'node:timers/promises';

/** Asks until there is an answer, for at most 15 seconds. */
export async function until<Answer>(ask: () => Promise<Answer | undefined>): Promise<Answer> {
  const deadline = Date.now() + 15_000;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > deadline) throw new Error('It did not happen within 15 seconds');
    await sleep(50);
  }
}
