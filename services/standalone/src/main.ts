import 'reflect-metadata';

import { AppError } from '@countersign/domain';
import { PartError, type ProcessExit } from '@countersign/parts';
import { createLogger, logFile } from '@countersign/platform';

import { announcement } from './announce.js';
import { startInstallation } from './installation.js';
import { acquireLock } from './parts/data-folder-lock.js';
import { openDataFolder } from './parts/data-folder.js';
import { forgetKeys } from './model-settings.js';
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
  forgetKeys(process.env);
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
  const step = async <T>(name: string, run: () => Promise<T>): Promise<T> => {
    if (shutdown.hasBegun) throw new Error('It was stopped while it started.');
    const since = Date.now();
    const result = await run();
    say(`  ${name.padEnd(14)} ${((Date.now() - since) / 1000).toFixed(1)} s`);
    return result;
  };
  const onPartExit = (exit: ProcessExit): void => {
    say(`  ! ${exit.name} ended (${exit.reason}) and is started again.`);
    logger.error({ exit }, 'a part ended and is started again');
  };
  const starting = startInstallation({ settings, provisioned, folder, lock, logger, shutdown, step, say, onPartExit, env: process.env });
  const stopAll = async (): Promise<void> => {
    await shutdown.run();
    // A step that was under way may have added something to stop.
    await starting.catch(() => undefined);
    await shutdown.run();
    lock.release();
  };
  const stop = (): void => {
    if (shutdown.hasBegun) return;
    say('Stopping…');
    void stopAll().then(() => process.exit(0));
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);

  try {
    const installation = await starting;
    lock.writeState({ addresses: installation.addresses, parts: installation.parts });
    say(announcement(installation, Date.now() - provisioned.begunAt));
    return undefined;
  } catch (error) {
    // Ctrl-C ends the parts under a start's feet: that is no failure, and `stop` ends the process.
    if (shutdown.hasBegun) return undefined;
    process.stderr.write(`\n${refusalOf(error)}\n`);
    await stopAll();
    return 1;
  }
}

const code = await main().catch((error: unknown) => {
  process.stderr.write(`\n${refusalOf(error)}\n`);
  return 1;
});
if (code !== undefined) process.exit(code);
