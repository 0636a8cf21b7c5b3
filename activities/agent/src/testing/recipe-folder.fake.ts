import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { answerTool } from '../tools/answer-tool.js';
import type { RecipeOutcome, RecipeValue, TrackedEntry } from '../tools/tool-protocol.js';

export type RecipeFolder = {
  readonly root: string;
  put(files: Readonly<Record<string, string | Buffer>>, mode?: string): void;
  link(path: string, target: string): void;
  track(path: string, mode: string): void;
  text(path: string): string;
  mode(path: string): number | undefined;
  run(instructions: readonly string[], dryRun?: boolean, maxFileBytes?: number): readonly RecipeOutcome[];
  one(instruction: string): RecipeOutcome | undefined;
  remove(): void;
};

/** A folder with tracked files, and the recipe tool on it as the sandbox runs it. */
export function recipeFolder(): RecipeFolder {
  const root = mkdtempSync(join(tmpdir(), 'countersign-recipe-'));
  const tracked: TrackedEntry[] = [];
  const folder: RecipeFolder = {
    root,
    put(files, mode = '100644') {
      for (const [path, content] of Object.entries(files)) {
        mkdirSync(dirname(join(root, path)), { recursive: true });
        writeFileSync(join(root, path), content);
        if (mode === '100755') chmodSync(join(root, path), 0o755);
        tracked.push({ path, mode });
      }
    },
    link(path, target) {
      symlinkSync(target, join(root, path));
      tracked.push({ path, mode: '120000' });
    },
    track: (path, mode) => void tracked.push({ path, mode }),
    text: (path) => readFileSync(join(root, path), 'utf8'),
    mode: (path) => statSync(join(root, path), { throwIfNoEntry: false })?.mode,
    run(instructions, dryRun = false, maxFileBytes = 1024 * 1024) {
      const answer = answerTool({ root, tool: 'recipe', args: { instructions, dryRun }, tracked, maxFileBytes });
      if (!answer.ok) throw new Error(`${answer.code}: ${answer.message}`);
      return (answer.value as RecipeValue).outcomes;
    },
    one: (instruction) => folder.run([instruction])[0],
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
  return folder;
}
