// What `npm start` does with its parts, in a process that the test may kill: node parts-owner.mjs <options as JSON>.
import { acquireLock } from '../dist/parts/data-folder-lock.js';
import { openDataFolder } from '../dist/parts/data-folder.js';
import { PostgresPart } from '../dist/parts/postgres.part.js';
import { TemporalPart } from '../dist/parts/temporal.part.js';

const { dir, postgres, temporal, ports } = JSON.parse(process.argv[2]);
const say = (answer) => process.stdout.write(`${JSON.stringify(answer)}\n`);

const folder = openDataFolder(dir);
const outcome = await acquireLock(folder);
if (outcome.kind === 'already') {
  say({ already: outcome.state.addresses });
  process.exit(0);
}
const { lock } = outcome;
const context = { folder, lock };
const database = new PostgresPart(context, { place: postgres, port: ports.postgres, portSetting: 'POSTGRES_PORT' });
const engine = new TemporalPart(context, {
  place: temporal,
  port: ports.temporal,
  portSetting: 'TEMPORAL_PORT',
  uiPort: ports.ui,
  uiPortSetting: 'TEMPORAL_UI_PORT',
});
process.on('SIGTERM', async () => {
  await Promise.all([engine.stop(), database.stop()]);
  lock.release();
  process.exit(0);
});
try {
  const parts = await Promise.all([database.start(), engine.start()]);
  lock.writeState({ addresses: { temporal: engine.address }, parts });
  say({ url: database.url, address: engine.address, parts, stopped: lock.stopped.map(({ name }) => name).sort() });
} catch (error) {
  await Promise.all([engine.stop(), database.stop()]);
  lock.release();
  say({ error: { code: error.code, message: error.message, fix: error.fix } });
  process.exit(1);
}
