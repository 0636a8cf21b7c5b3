// `node scripts/use-docker.mjs <pid>`: as provision-docker, and the engine stays up at least as long as that process.
import { isMain, ROOT } from './lib/as-script.mjs';
import { startTimeOf } from './lib/process-table.mjs';
import { makeLog } from './lib/progress.mjs';
import { provisionDocker } from './provision-docker.mjs';

if (isMain(import.meta)) {
  const pid = Number(process.argv[2]);
  const user = { pid, startTime: startTimeOf(pid) ?? 0 };
  const answer = await provisionDocker({ log: makeLog('docker'), env: process.env, root: ROOT, user });
  process.stdout.write(`${JSON.stringify(answer)}\n`);
  process.exitCode = answer.ok ? 0 : 1;
}
