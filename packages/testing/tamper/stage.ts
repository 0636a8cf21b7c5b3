import { LIGHT, NO_CONSOLE } from '../src/index.js';
import { World } from './world.js';

let shared: Promise<World> | undefined;
let scratch: Promise<World> | undefined;
let turn: Promise<unknown> = Promise.resolve();

/** Rows about a container are on the other installation. */
export function sharedWorld(): Promise<World> {
  return (shared ??= World.open({ ...LIGHT, COUNTERSIGN_CONSOLE: 'on' }));
}

/**
 * An installation for rows that break its log, its keys or its processes, one after the other. A row leaves it as it found
 * it: running, with a whole log and keys that hold.
 */
export function onScratch<Result>(work: (world: World) => Promise<Result>): Promise<Result> {
  const mine = turn.then(async () => work(await (scratch ??= World.open(NO_CONSOLE))));
  turn = mine.catch(() => undefined);
  return mine;
}

export async function closeWorlds(): Promise<void> {
  for (const world of await Promise.allSettled([shared, scratch])) if (world.status === 'fulfilled') await world.value?.close();
}
