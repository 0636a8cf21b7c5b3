// What both `npm start` and `npm test` need first. A step shows what it does while it works, and its time when it is done.
import { leaveDaemon } from './dockerd.mjs';
import { installPackages } from './packages.mjs';
import { thisProcess } from './process-table.mjs';
import { timed } from './progress.mjs';
import { provisionChromium } from '../provision-chromium.mjs';
import { inspectBubblewrap, provisionBubblewrap } from '../provision-bubblewrap.mjs';
import { provisionDocker } from '../provision-docker.mjs';
import { provisionGitCheck } from '../provision-git-check.mjs';
import { provisionPostgres } from '../provision-postgres.mjs';
import { provisionRuntime } from '../provision-runtime.mjs';
import { provisionSandboxImage } from '../provision-sandbox-image.mjs';
import { provisionTemporal } from '../provision-temporal.mjs';
import { provisionWitness } from '../provision-witness.mjs';

const versionAndPlace = ({ version, where }) => `${version}  ${where}`;
const installedOrNot = ({ installed }) => (installed ? 'installed' : 'unchanged');

export function makePreparation({ env, root, say, isInterrupted = () => false }) {
  const steps = [];

  /** Answers what `work` answers. `describe` says in a few words what that was. */
  async function step(name, work, describe = () => '') {
    if (isInterrupted()) throw new Error('Stopped.');
    const log = (line) => say(`  … ${name.padEnd(14)} ${line}`);
    const { result, ms } = await timed(log, 'at work', () => work({ log, env, root }));
    const mark = result.ok === false ? '!' : '✓';
    const text = result.ok === false ? `${result.how} To go on: ${result.fix}` : describe(result);
    say(`  ${mark} ${name.padEnd(14)} ${`${(ms / 1000).toFixed(1)} s`.padStart(7)}  ${text}`);
    steps.push({ name, ms });
    return result;
  }

  /** What every check needs: git, the packages, Node 24. */
  async function basics() {
    const git = await step('git', provisionGitCheck, versionAndPlace);
    await step('packages', installPackages, installedOrNot);
    return [git, await step('runtime', provisionRuntime, versionAndPlace)];
  }

  /** Every part, side by side. `whenRuntime` is begun as soon as Node 24 is there; `withChromium` is for tests, and gives what only they need. */
  async function everything({ withChromium = false, whenRuntime } = {}) {
    const git = await step('git', provisionGitCheck, versionAndPlace);
    const packages = step('packages', installPackages, installedOrNot);
    const runtime = packages.then(() => step('runtime', provisionRuntime, versionAndPlace));
    // Nobody who asks for bubblewrap alone gets an engine.
    const hasEngine = env.COUNTERSIGN_SANDBOX !== 'bubblewrap';
    const docker = hasEngine ? step('docker', (context) => provisionDocker({ ...context, user: thisProcess() }), versionAndPlace) : Promise.resolve({ ok: false });
    // One apt-get at a time: a second one waits for the first one's lock and looks as if it hung.
    const image = Promise.all([docker, runtime]).then(() => (hasEngine ? step('sandbox image', provisionSandboxImage, versionAndPlace) : {}));
    // Installed where no engine answers, and for its tests; where one does, what is there is noted for when it goes away.
    const bubblewrap = Promise.all([docker, image]).then(([{ ok }]) => {
      const isNeeded = withChromium || (ok === false && env.COUNTERSIGN_SANDBOX !== 'docker');
      return isNeeded ? step('bubblewrap', provisionBubblewrap, versionAndPlace) : inspectBubblewrap({ env, root });
    });
    const chromium = withChromium ? bubblewrap.then(() => step('chromium', provisionChromium, versionAndPlace)) : {};
    const parts = await settled([
      runtime,
      packages.then(() => step('postgres', provisionPostgres, versionAndPlace)),
      env.TEMPORAL_ADDRESS ? externalTemporal(env.TEMPORAL_ADDRESS) : step('temporal', provisionTemporal, versionAndPlace),
      docker,
      image,
      bubblewrap,
      chromium,
      withChromium ? chromium.then(() => step('witness', provisionWitness, versionAndPlace)) : {},
      whenRuntime ? runtime.then(({ where: node }) => whenRuntime({ step, node })) : {},
    ]);
    return [git, ...parts.filter((part) => part?.name)];
  }

  return { steps, step, basics, everything, leave: () => leaveDaemon(env, thisProcess()) };
}

function externalTemporal(address) {
  return { name: 'temporal', ok: true, version: 'as given', where: address, how: 'TEMPORAL_ADDRESS', isExternal: true };
}

/** Waits for all of them even where one fails, so that nothing is left at work; then throws the first failure. */
async function settled(promises) {
  const results = await Promise.allSettled(promises);
  const failed = results.find(({ status }) => status === 'rejected');
  if (failed) throw failed.reason;
  return results.map(({ value }) => value);
}
