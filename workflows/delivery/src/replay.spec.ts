import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { beforeAll, describe, expect, it } from '@jest/globals';
import { Worker, type WorkflowBundleWithSourceMap } from '@temporalio/worker';

import { bundleLifecycle } from './testing/bundle.js';

const HISTORIES = join(process.cwd(), 'workflows/delivery/histories');
const NEEDED = ['cancelled-while-executing', 'chat-and-review', 'continued-as-new', 'expired', 'merged', 'rejected', 'revised-twice'];
const files = readdirSync(HISTORIES).filter((name) => name.endsWith('.json'));

describe('committed histories', () => {
  let bundle: WorkflowBundleWithSourceMap;
  beforeAll(async () => {
    bundle = await bundleLifecycle();
  }, 60_000);

  it('are there, one for each shape of lifecycle', () => {
    expect(files.map((name) => name.replace('.json', ''))).toEqual(expect.arrayContaining(NEEDED));
  });

  it.each(files)('%s replays', async (name) => {
    const history: unknown = JSON.parse(readFileSync(join(HISTORIES, name), 'utf8'));
    await Worker.runReplayHistory({ workflowBundle: bundle, replayName: name }, history);
  });
});
