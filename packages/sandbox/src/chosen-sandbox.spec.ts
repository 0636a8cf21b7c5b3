import { describe, expect, it } from '@jest/globals';

import { chosenSandbox } from './chosen-sandbox.adapter.js';
import { anExec, PROGRAMS } from './ports/sandbox.contract.js';
import type { SandboxSpec } from './ports/sandbox.port.js';
import { fakeSandbox } from './testing/sandbox.fake.js';

const SPEC: SandboxSpec = {
  name: 'one',
  requestId: 'r1',
  image: 'image',
  workspace: '/nowhere',
  workspaceReadOnly: false,
  mounts: [],
  env: {},
  limits: { memoryMb: 256, cpus: 1, pids: 100, fileMb: 10, tmpMb: 10 },
};

function aChoice() {
  const sleeper = { [PROGRAMS.sleep.join(' ')]: () => new Promise<never>(() => undefined) };
  const docker = fakeSandbox(sleeper);
  const bubblewrap = fakeSandbox(sleeper, 'bubblewrap');
  return { docker, bubblewrap, sandbox: chosenSandbox('auto', { docker, bubblewrap }) };
}

describe('chosenSandbox', () => {
  it('takes the engine while one answers, bubblewrap while none does, and the engine again', async () => {
    const { docker, sandbox } = aChoice();
    const opened = async () => [(await sandbox.open(SPEC)).adapter, sandbox.id];
    expect(await opened()).toEqual(['docker', 'docker']);
    docker.isUp = false;
    expect(await opened()).toEqual(['bubblewrap', 'bubblewrap']);
    docker.isUp = true;
    expect(await opened()).toEqual(['docker', 'docker']);
  });

  it('declares what holds for the one that was opened', async () => {
    const { docker, bubblewrap, sandbox } = aChoice();
    docker.isUp = false;
    await sandbox.open(SPEC);
    expect(sandbox.declared).toBe(bubblewrap.declared);
  });

  it('leaves no process of an attempt that ran on the other', async () => {
    const { docker, sandbox } = aChoice();
    docker.isUp = false;
    const before = await sandbox.open(SPEC);
    const interrupted = before.exec(anExec(PROGRAMS.sleep)).catch((error: unknown) => error);
    docker.isUp = true;
    await sandbox.open(SPEC);
    expect(await interrupted).toMatchObject({ code: 'SANDBOX_UNAVAILABLE' });
    expect(await sandbox.list()).toEqual([{ name: 'one', requestId: 'r1' }]);
  });

  it('lists and destroys what is open on either', async () => {
    const { docker, sandbox } = aChoice();
    await sandbox.open({ ...SPEC, name: 'on-docker' });
    docker.isUp = false;
    await sandbox.open({ ...SPEC, name: 'on-bubblewrap' });
    docker.isUp = true;
    expect((await sandbox.list()).map(({ name }) => name)).toEqual(['on-docker', 'on-bubblewrap']);
    expect(await sandbox.destroy('r1')).toBe(2);
  });

  it('goes on while the engine is away, and sees what that holds once it answers', async () => {
    const { docker, sandbox } = aChoice();
    await sandbox.open({ ...SPEC, name: 'on-docker' });
    docker.isUp = false;
    await sandbox.open({ ...SPEC, name: 'on-bubblewrap' });
    expect([await sandbox.destroy('r1'), await sandbox.list()]).toEqual([1, []]);
    docker.isUp = true;
    expect(await sandbox.list()).toEqual([{ name: 'on-docker', requestId: 'r1' }]);
    expect(await sandbox.destroy('r1')).toBe(1);
  });

  it('calls nothing destroyed where neither works', async () => {
    const { docker, bubblewrap, sandbox } = aChoice();
    docker.isUp = false;
    bubblewrap.ping = () => Promise.reject(new Error('no namespaces'));
    await expect(sandbox.destroy('r1')).rejects.toMatchObject({ code: 'SANDBOX_UNAVAILABLE' });
    await expect(sandbox.list()).rejects.toMatchObject({ code: 'SANDBOX_UNAVAILABLE' });
  });

  it('does not go around an engine that answers: a missing image is a missing image', async () => {
    const { bubblewrap, sandbox } = aChoice();
    bubblewrap.images.add('other');
    await expect(sandbox.open({ ...SPEC, image: 'other' })).rejects.toMatchObject({ code: 'IMAGE_MISSING' });
    expect(bubblewrap.opened).toEqual([]);
  });

  it('opens nothing where neither works, and says what both lack', async () => {
    const { docker, bubblewrap, sandbox } = aChoice();
    docker.isUp = false;
    bubblewrap.isUp = false;
    await expect(sandbox.open(SPEC)).rejects.toMatchObject({ code: 'SANDBOX_UNAVAILABLE', message: expect.stringMatching(/provision-docker.*Without an engine: /) });
  });

  it.each(['docker', 'bubblewrap'] as const)('takes %s alone where that is set', async (choice) => {
    const adapters = { docker: fakeSandbox(), bubblewrap: fakeSandbox({}, 'bubblewrap') };
    const sandbox = chosenSandbox(choice, adapters);
    adapters[choice].isUp = false;
    await expect(sandbox.open(SPEC)).rejects.toMatchObject({ code: 'SANDBOX_UNAVAILABLE' });
  });
});
