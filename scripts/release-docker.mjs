// `node scripts/release-docker.mjs <pid>`: that process no longer needs the engine. Stops the dockerd that a provisioner
// started, unless another live process still uses it. An engine that is not ours is never touched.
import { isMain } from './lib/as-script.mjs';
import { leaveDaemon } from './lib/dockerd.mjs';
import { startTimeOf } from './lib/process-table.mjs';

if (isMain(import.meta)) {
  const pid = Number(process.argv[2]);
  const answer = await leaveDaemon(process.env, { pid, startTime: startTimeOf(pid) ?? 0 });
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
