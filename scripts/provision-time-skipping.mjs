// Temporal's Java test server, which can skip time. Tests only.
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { runProvisioner } from './lib/as-script.mjs';
import { fromCache, throughCache } from './lib/cache.mjs';
import { ProvisionError } from './lib/provision-error.mjs';
import { run, which } from './lib/run.mjs';

const PROJECT = 'tools/temporal-test-server/pom.xml';
const FIX = 'Run `sudo apt-get install openjdk-17-jre-headless maven`, then `node scripts/provision-time-skipping.mjs`.';
const COMMAND = 'temporal-test-server';

// The folder is found when it runs, because the cache moves it into place after it was filled.
const WRAPPER = `#!/bin/sh
exec java -cp "$(dirname "$0")/lib/*" io.temporal.testserver.TestServer "$@"
`;

export async function provisionTimeSkipping({ log, env, root }) {
  const version = /<version>(\d+\.\d+[^<]*)<\/version>/.exec(readFileSync(join(root, PROJECT), 'utf8'))?.[1];
  if (!which('java', env)) throw new ProvisionError('The time-skipping test server needs Java.', FIX);
  const cached =
    fromCache(env, 'time-skipping', version) ??
    (await throughCache({ env, log, part: 'time-skipping', version }, async (folder) => {
      if (!which('mvn', env)) throw new ProvisionError('The time-skipping test server comes through Maven.', FIX);
      log('fetching the test server with Maven');
      const lib = join(folder, 'lib');
      const goal = ['dependency:copy-dependencies', `-DoutputDirectory=${lib}`];
      await run('mvn', ['-q', '-B', '-f', join(root, PROJECT), ...goal], { env, timeoutMs: 10 * 60_000 });
      writeFileSync(join(folder, COMMAND), WRAPPER);
      chmodSync(join(folder, COMMAND), 0o755);
      return { version };
    }));
  const where = join(cached.folder, COMMAND);
  return { name: 'time-skipping', ok: true, version, where, how: 'Maven, in the cache' };
}

await runProvisioner(import.meta, 'time-skipping', provisionTimeSkipping);
