// A browser for the end-to-end tests; nothing else needs it.
import { runProvisioner } from './lib/as-script.mjs';
import { aptInstall, hasApt, isRoot } from './lib/apt.mjs';
import { ProvisionError } from './lib/provision-error.mjs';
import { run, which } from './lib/run.mjs';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];
const FIX = 'Run `sudo apt-get install chromium`, or set COUNTERSIGN_CHROMIUM to the path of one.';

export async function provisionChromium({ log, env }) {
  let how = 'found on PATH';
  let path = env.COUNTERSIGN_CHROMIUM || find(env);
  if (!path) {
    if (!isRoot() || !hasApt(env)) throw new ProvisionError('There is no Chromium here.', FIX);
    await aptInstall(['chromium'], { log, env });
    how = 'installed with apt-get';
    path = find(env);
  }
  if (!path) throw new ProvisionError('apt-get installed no Chromium.', FIX);
  const { stdout } = await run(path, ['--version'], { env, allowFailure: true });
  const version = /(\d+(\.\d+)+)/.exec(stdout)?.[1];
  if (!version) throw new ProvisionError(`${path} does not say which version it is.`, FIX);
  return { name: 'chromium', ok: true, version, where: path, how };
}

function find(env) {
  return NAMES.map((name) => which(name, env)).find(Boolean);
}

await runProvisioner(import.meta, 'chromium', provisionChromium);
