import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { z } from 'zod';

import { CliError } from './cli-error.js';
import type { Io } from './io.js';

const statePart = z.object({
  name: z.string(),
  ok: z.boolean().optional(),
  version: z.string().nullish(),
  where: z.string().nullish(),
  fix: z.string().nullish(),
});

/** What the running installation wrote down about itself. */
const installationState = z.object({
  addresses: z.record(z.string(), z.string()).default({}),
  parts: z.array(statePart).default([]),
});
export type InstallationState = z.infer<typeof installationState>;

export function dataFolder({ env, cloneDir }: Pick<Io, 'env' | 'cloneDir'>): string {
  return env['COUNTERSIGN_DATA_DIR'] ?? join(cloneDir, '.countersign');
}

/** Undefined where nothing was ever started here. */
export async function readState(io: Pick<Io, 'env' | 'cloneDir'>): Promise<InstallationState | undefined> {
  try {
    return installationState.parse(JSON.parse(await readFile(join(dataFolder(io), 'state.json'), 'utf8')));
  } catch {
    return undefined;
  }
}

const VARIABLES = { gateway: 'COUNTERSIGN_URL', issuer: 'COUNTERSIGN_ISSUER' } as const;

/** @throws CliError SERVICE_UNAVAILABLE that says how to make the address known. */
export async function addressOf(part: keyof typeof VARIABLES, io: Pick<Io, 'env' | 'cloneDir'>): Promise<string> {
  const variable = VARIABLES[part];
  const address = io.env[variable] ?? (await readState(io))?.addresses[part];
  if (!address) throw new CliError('SERVICE_UNAVAILABLE', `Nothing runs from ${dataFolder(io)}: run \`npm start\`, or set ${variable}`);
  return address.replace(/(?<!\/)\/+$/, '');
}
