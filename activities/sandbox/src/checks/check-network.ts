import { type Broker, storeEgress } from '@countersign/egress';

import type { CheckCommands } from './check-commands.js';
import type { SandboxDeps } from './check-deps.js';
import { PrefixedLog } from './prefixed-log.js';
import type { CheckSubject } from './run-checks.js';

/**
 * Does the work with a broker of its own, if the project's rules allow anything, and stores what was asked of the network
 * also where the work fails.
 *
 * @throws what the work fails with; AppError EGRESS_REFUSED, EGRESS_UNAVAILABLE.
 */
export async function withNetwork<T>(
  deps: SandboxDeps,
  { requestId, folder, project }: CheckSubject,
  { setup, egress }: CheckCommands,
  workspace: string,
  work: (broker: Broker | undefined) => Promise<T>,
): Promise<T> {
  const log = new PrefixedLog(deps.log(requestId), `[${folder}: network] `);
  const phase = setup === null ? 'execute' : 'setup';
  const broker = await deps.egress.open({ project, settings: egress, phase, workspace, tell: (line) => log.write(`${line}\n`) });
  if (!broker) return work(undefined);
  const run = deps.run();
  const settle = async (): Promise<void> => {
    await storeEgress(await broker.close(), {
      put: (bytes, about) => deps.artifacts.put(Buffer.from(deps.redact(Buffer.from(bytes).toString())), about),
      putFact: (fact) => deps.records.putFact(requestId, run, fact),
    });
    await log.flush();
  };
  let result: T;
  try {
    result = await work(broker);
  } catch (error) {
    // What the work failed with is what counts; a run that is over may not write any more.
    await settle().catch(() => undefined);
    throw error;
  }
  await settle();
  return result;
}
