import { isSuperseded } from './failure.js';
import type { Ending, Life } from './life.js';
import type { StageDeps } from './stage.js';

export type Undo = { readonly name: string; readonly run: () => Promise<void> };

/** Each undo stands alone: one that keeps failing is shown, tried on, and does not stop the others. */
export async function undoAll(
  undos: readonly Undo[],
  note: (undo: string, error: string | null) => Promise<void>,
  waitMs: (ms: number) => Promise<void>,
): Promise<void> {
  await Promise.all(
    undos.map(async ({ name, run }) => {
      for (let failures = 0; ; failures += 1) {
        try {
          await run();
          if (failures > 0) await note(name, null);
          return;
        } catch (error) {
          if (isSuperseded(error)) throw error;
          if (failures === 0) await note(name, messageOf(error));
          await waitMs(Math.min(600_000, 10_000 * 2 ** Math.min(failures, 6)));
        }
      }
    }),
  );
}

function messageOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message.slice(0, 500) : 'unknown failure';
}

/** Records the end first, so that people see it at once, then takes back what was made on the way. */
export async function endStage(deps: StageDeps, life: Life, ending: Ending): Promise<void> {
  const { requestId } = life;
  const { records, undo } = deps;
  life.gate = null;
  await records.finish({ requestId, state: ending.state, ...(ending.reason !== undefined && { reason: ending.reason }) });
  life.state = ending.state;
  deps.show();
  const clean: Undo = { name: 'remove the sandbox and its workspace', run: () => undo.destroy({ requestId }) };
  const undos: readonly Undo[] =
    ending.state === 'DONE'
      ? [clean]
      : [
          { name: 'close the merge request', run: () => undo.closeMergeRequest({ requestId }) },
          { name: 'delete the branch', run: () => undo.deleteBranch({ requestId }) },
          clean,
        ];
  await undoAll(
    undos,
    (name, error) => records.noteUndo({ requestId, undo: name, error }),
    deps.sleep,
  );
}
