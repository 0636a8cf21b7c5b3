import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';

import type { PartView } from './doctor/part-view.js';
import type { Io, Output } from './io.js';
import { runCli } from './program.js';

const cloneDir = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');

const outputTo = (stream: NodeJS.WriteStream): Output => ({ isTty: stream.isTTY === true, write: (words) => void stream.write(words) });

async function ask(question: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return await lines.question(question);
  } finally {
    lines.close();
  }
}

/** The provisioning script knows which image this clone builds; it looks and changes nothing. */
async function inspectSandboxImage(): Promise<PartView> {
  const script = pathToFileURL(join(cloneDir, 'scripts', 'provision-sandbox-image.mjs')).href;
  const { inspectSandboxImage: inspect } = (await import(script)) as {
    inspectSandboxImage: (input: { env: NodeJS.ProcessEnv; root: string }) => Promise<PartView>;
  };
  return inspect({ env: process.env, root: cloneDir });
}

const io: Io = {
  env: process.env,
  cloneDir,
  stdout: outputTo(process.stdout),
  stderr: outputTo(process.stderr),
  isInteractive: process.stdin.isTTY === true && process.stdout.isTTY === true,
  readStdin: () => text(process.stdin),
  ask,
  sleep: async (ms) => void (await sleep(ms)),
  now: () => Date.now(),
  inspectSandboxImage,
};

// A reader that closes the pipe early (head) is no failure.
process.stdout.on('error', () => undefined);
process.exitCode = await runCli(process.argv.slice(2), io);
