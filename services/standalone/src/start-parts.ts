import { join } from 'node:path';

import type { Part, PartInfo } from '@countersign/parts';

import type { InstallationDeps } from './installation.js';
import { DockerPart } from './parts/docker.part.js';
import type { PartContext } from './parts/part-context.js';
import { PostgresPart, type PostgresPlace } from './parts/postgres.part.js';
import { TemporalPart } from './parts/temporal.part.js';
import { partNamed } from './provisioned.js';

export type StartedParts = { readonly postgres: PostgresPart; readonly temporal: TemporalPart; readonly infos: PartInfo[] };

/** The parts that are not ours: the container engine, Postgres, Temporal. */
export async function startParts({ settings, provisioned, folder, lock, shutdown, step, onPartExit, say, env, logger }: InstallationDeps): Promise<StartedParts> {
  const context: PartContext = { folder, lock, onExit: onPartExit };
  const { ports, databaseUrl, temporalAddress } = settings;
  const place = partNamed(provisioned, 'postgres') as PostgresPlace | undefined;
  const temporalPlace = partNamed(provisioned, 'temporal');
  const dockerFix = partNamed(provisioned, 'docker')?.fix ?? 'Start Docker, for example with `sudo service docker start`.';
  // Where bubblewrap works, nothing waits for an engine unless one is asked for.
  const goesOn = settings.sandbox.choice !== 'docker' && partNamed(provisioned, 'bubblewrap')?.ok === true;
  const away = goesOn ? 'sandboxes run on bubblewrap meanwhile.' : `executions wait for it. ${dockerFix}`;
  const docker = new DockerPart({
    env,
    fix: dockerFix,
    releaseScript: join(provisioned.root, 'scripts/release-docker.mjs'),
    onChange: (engine) => {
      say(engine ? `  docker answers again at ${engine.host}.` : `  ! docker does not answer: ${away}`);
      logger.warn({ engine: engine?.host ?? null }, engine ? 'a container engine answers' : 'no container engine answers');
    },
  });
  const postgres = new PostgresPart(context, {
    databaseUrl: databaseUrl?.reveal(),
    port: ports.postgres,
    portSetting: 'COUNTERSIGN_POSTGRES_PORT',
    place,
  });
  const temporal = new TemporalPart(context, {
    address: temporalAddress,
    port: ports.temporal,
    portSetting: 'COUNTERSIGN_TEMPORAL_PORT',
    uiPort: ports.temporalUi,
    uiPortSetting: 'COUNTERSIGN_TEMPORAL_UI_PORT',
    place: temporalPlace,
  });
  const start = (part: Part): Promise<PartInfo> => {
    shutdown.add(part.name, () => part.stop());
    return step(part.name, () => part.start());
  };
  const engine = settings.sandbox.choice === 'bubblewrap' ? [] : [await start(docker)];
  const infos = await Promise.all([start(postgres), start(temporal)]);
  return { postgres, temporal, infos: [...infos, ...engine] };
}
