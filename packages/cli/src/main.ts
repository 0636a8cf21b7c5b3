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

type Inspection = (input: { env: NodeJS.ProcessEnv; root: string }) => Promise<PartView>;

/** The provisioning scripts know what this clone needs; these look and change nothing. */
async function inspect(script: string, name: string): Promise<PartView> {
  const { [name]: inspection } = (await import(pathToFileURL(join(cloneDir, 'scripts', script)).href)) as Record<string, Inspection>;
  if (!inspection) throw new Error(`${script} has no ${name}`);
  return inspection({ env: process.env, root: cloneDir });
}

const interrupts = new Set<() => void>();
const interrupt = (): void => interrupts.forEach((work) => work());

function onInterrupt(work: () => void): () => void {
  if (interrupts.size === 0) process.on('SIGINT', interrupt);
  interrupts.add(work);
  return () => {
    interrupts.delete(work);
    if (interrupts.size === 0) process.off('SIGINT', interrupt);
  };
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
  onInterrupt,
  inspectSandboxImage: () => inspect('provision-sandbox-image.mjs', 'inspectSandboxImage'),
  inspectBubblewrap: () => inspect('provision-bubblewrap.mjs', 'inspectBubblewrap'),
};

// A reader that closes the pipe early (head) is no failure.
process.stdout.on('error', interrupt);
process.exitCode = await runCli(process.argv.slice(2), io);
