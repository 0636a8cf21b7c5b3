import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';

import type { ImageProvisioner } from '@countersign/sandbox';
import { z } from 'zod';

export type ScriptImageProvisionerOptions = {
  /** The clone, whose scripts know how to build. */
  readonly root: string;
  readonly env: NodeJS.ProcessEnv;
};

const answerSchema = z.looseObject({ ok: z.boolean(), image: z.string(), how: z.string(), fix: z.string().optional() });
const FIX = 'See the log of the request, or name an image of your own in the project’s settings.';

/** Has scripts/provision-image-variant.mjs do it, whose lock holds between processes. */
export function scriptImageProvisioner({ root, env }: ScriptImageProvisionerOptions): ImageProvisioner {
  return {
    async provide(languages, { onProgress, signal }) {
      const script = join(root, 'scripts/provision-image-variant.mjs');
      // What it starts ends with its group: a debootstrap that nobody waits for would hold the lock's folder.
      const child = spawn(process.execPath, [script, ...languages], { cwd: root, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
      const end = (): void => {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGTERM');
      };
      signal.addEventListener('abort', end, { once: true });
      // Progress lines are `  1.2 s  image: what it does`.
      createInterface({ input: child.stderr }).on('line', (line) => onProgress(line.replace(/^\s*[\d.]+ s\s+(image: )?/, '').slice(0, 300)));
      const failed = new Promise<never>((_, reject) => void child.once('error', reject));
      try {
        const printed = await Promise.race([text(child.stdout), failed]);
        signal.throwIfAborted();
        const answer = answerSchema.safeParse(parsed(printed.trim().split('\n').at(-1) ?? ''));
        if (!answer.success) return { ok: false, why: 'the script that builds it failed', fix: FIX };
        const { ok, image, how, fix } = answer.data;
        return ok ? { ok, image } : { ok, why: how, fix: fix ?? FIX };
      } finally {
        signal.removeEventListener('abort', end);
      }
    },
  };
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
