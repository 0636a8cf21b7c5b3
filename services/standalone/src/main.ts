import 'reflect-metadata';

import { AppError } from '@countersign/domain';
import { PartError, type ProcessExit } from '@countersign/parts';
import { createLogger, logFile } from '@countersign/platform';

import { announcement } from './announce.js';
import { startInstallation } from './installation.js';
import { acquireLock } from './parts/data-folder-lock.js';
import { openDataFolder } from './parts/data-folder.js';
import { readProvisioned } from './provisioned.js';
import { loadSettings } from './settings.js';
import { Shutdown } from './shutdown.js';

const say = (text: string): void => void process.stdout.write(`${text}\n`);

function refusalOf(error: unknown): string {
  if (error instanceof PartError) return `${error.message}\nTo go on: ${error.fix}`;
  if (error instanceof AppError) return `${error.code}: ${error.message}`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

async function main(): Promise<number | undefined> {
  const provisioned = readProvisioned(process.env['COUNTERSIGN_PARTS']);
  const settings = loadSettings(process.env, provisioned.root);
  const folder = openDataFolder(settings.dataDir);
  const outcome = await acquireLock(folder);
  if (outcome.kind === 'already') {
    say(`Countersign is already running (process ${outcome.owner.pid}, data in ${folder.dir}).`);
    for (const [name, address] of Object.entries(outcome.state?.addresses ?? {})) say(`  ${name.padEnd(14)} ${address}`);
    return 0;
  }
  const { lock } = outcome;
  // The terminal is for people: what a start does and where things are.
  const logger = createLogger('standalone', settings.logLevel, logFile(folder.file('logs', 'standalone.log')));
  const shutdown = new Shutdown(logger);
  shutdown.add('data folder', async () => lock.release());
  const stop = (): void => {
    say('Stopping…');
    void shutdown.run().then(() => process.exit(0));
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => undefined);

  const step = async <T>(name: string, run: () => Promise<T>): Promise<T> => {
    const since = Date.now();
    const result = await run();
    say(`  ${name.padEnd(14)} ${((Date.now() - since) / 1000).toFixed(1)} s`);
    return result;
  };
  const onPartExit = (exit: ProcessExit): void => {
    say(`  ! ${exit.name} ended (${exit.reason}) and is started again.`);
    logger.error({ exit }, 'a part ended and is started again');
  };
  try {
    const installation = await startInstallation({ settings, provisioned, folder, lock, logger, shutdown, step, say, onPartExit, env: process.env });
    lock.writeState({ addresses: installation.addresses, parts: installation.parts });
    say(announcement(installation, Date.now() - provisioned.begunAt));
    return undefined;
  } catch (error) {
    // Ctrl-C while it starts ends the parts under its feet; that is no failure.
    if (!shutdown.isRunning) process.stderr.write(`\n${refusalOf(error)}\n`);
    await shutdown.run();
    return 1;
  }
}

const code = await main().catch((error: unknown) => {
  process.stderr.write(`\n${refusalOf(error)}\n`);
  return 1;
});
if (code !== undefined) process.exit(code);
