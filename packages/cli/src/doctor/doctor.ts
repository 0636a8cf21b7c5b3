import { access, constants, stat } from 'node:fs/promises';

import { dataFolder, type InstallationState, readState } from '../addresses.js';
import type { Io } from '../io.js';
import { listens, probeHttp, withoutPassword } from './network.probe.js';
import { bad, good, type PartView, START } from './part-view.js';
import { onPath, outputOf, probeGit, probeNode } from './program.probe.js';
import { probeSandboxes } from './sandbox.probe.js';

export type Diagnosis = { readonly ok: boolean; readonly parts: readonly PartView[] };

type Written = InstallationState | undefined;

const written = (state: Written, name: string) => state?.parts.find((part) => part.name === name);

async function probePostgres(io: Io, state: Written): Promise<PartView> {
  const address = state?.addresses['postgres'] ?? io.env['DATABASE_URL'];
  if (!address) return bad('postgres', '', START);
  const part = written(state, 'postgres');
  const version = part?.version ?? '';
  const where = withoutPassword(part?.where ?? address);
  return (await listens(address)) ? good('postgres', version, where) : bad('postgres', where, START, version);
}

async function probeTemporal(io: Io, state: Written): Promise<PartView> {
  const part = written(state, 'temporal');
  const address = state?.addresses['temporal'] ?? io.env['TEMPORAL_ADDRESS'] ?? '127.0.0.1:7233';
  const where = part?.where ?? onPath('temporal', io.env) ?? address;
  const said = part?.version ?? (where === address ? undefined : await outputOf(where, ['--version']));
  const version = said ?? '';
  return (await listens(address)) ? good('temporal', version, where) : bad('temporal', where, START, version);
}

/** One that was not to be started is well. */
async function probeConsole(state: Written): Promise<PartView> {
  const part = written(state, 'console');
  if (part?.version === 'off') return good('console', part.version, part.where ?? '');
  return probeHttp('console', state?.addresses['console'], '/', (status) => status < 500);
}

async function probeDataFolder(io: Io): Promise<PartView> {
  const folder = dataFolder(io);
  try {
    const { mode } = await stat(folder);
    await access(folder, constants.R_OK | constants.W_OK);
    // Other people on this machine could read keys and passwords. Passing through alone is what root's Postgres needs.
    if ((mode & 0o006) !== 0 && process.platform !== 'win32') return bad('data-folder', folder, `chmod o-rwx '${folder}'`);
    return good('data-folder', '', folder);
  } catch {
    return bad('data-folder', folder, START);
  }
}

async function probeRoles(postgres: Promise<PartView>, state: Written): Promise<PartView> {
  const part = written(state, 'database-roles');
  if (!part) return bad('database-roles', '', START);
  const where = withoutPassword(part.where ?? '');
  return (await postgres).ok ? good('database-roles', part.version ?? '', where) : bad('database-roles', where, START, part.version ?? '');
}

/** Looks at every part now, each with its own short deadline; works with nothing running. */
export async function diagnose(io: Io): Promise<Diagnosis> {
  const state = await readState(io);
  const { addresses } = state ?? { addresses: {} as Record<string, string> };
  const postgres = probePostgres(io, state);
  const gateway = io.env['COUNTERSIGN_URL'] ?? addresses['gateway'];
  const issuer = io.env['COUNTERSIGN_ISSUER'] ?? addresses['issuer'];
  const found = await Promise.all([
    probeGit(io),
    probeNode(),
    postgres,
    probeRoles(postgres, state),
    probeTemporal(io, state),
    probeHttp('temporal-ui', addresses['temporal-ui'] ?? addresses['temporalUi'], '/'),
    probeSandboxes(io),
    probeHttp('identity', issuer, '/.well-known/openid-configuration'),
    probeHttp('gateway', gateway, '/ready'),
    probeConsole(state),
    probeDataFolder(io),
  ]);
  const parts = found.flat();
  return { ok: parts.every(({ ok }) => ok), parts };
}
