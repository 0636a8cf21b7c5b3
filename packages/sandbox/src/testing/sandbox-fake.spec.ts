import { describe, expect, it } from '@jest/globals';

import { anExec, describeSandbox, PROGRAMS } from '../ports/sandbox.contract.js';
import type { SandboxSpec } from '../ports/sandbox.port.js';
import { fakeSandbox, type FakeHandler } from './sandbox.fake.js';

const HANDLERS: Readonly<Record<string, FakeHandler>> = {
  [PROGRAMS.exit7.join(' ')]: () => ({ exitCode: 7, stdout: 'out\n', stderr: 'err\n' }),
  [PROGRAMS.cat.join(' ')]: ({ request }) => ({ stdout: request.stdin ?? '' }),
  [PROGRAMS.greet.join(' ')]: ({ request }) => ({ stdout: request.env?.['GREETING'] ?? '' }),
  [PROGRAMS.args.join(' ')]: ({ request }) => ({ stdout: request.argv.slice(2).map((arg) => `<${arg}>`).join('') }),
  [PROGRAMS.flood.join(' ')]: () => ({ stdout: `first\n${'y\n'.repeat(1_000_000)}` }),
  [PROGRAMS.sleep.join(' ')]: async ({ ended }) => ({ exitCode: null, [await ended]: true }),
};

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

describeSandbox('fake', async () => {
  const sandbox = fakeSandbox(HANDLERS);
  return { sandbox, again: () => sandbox, aSpec: async (over = {}) => ({ ...SPEC, ...over }), close: async () => undefined };
});

describe('fakeSandbox', () => {
  it('records what was opened and run', async () => {
    const sandbox = fakeSandbox({ true: () => ({}) });
    const session = await sandbox.open(SPEC);
    await session.exec(anExec(['true']));
    expect(sandbox.opened).toEqual([SPEC]);
    expect(sandbox.calls.map(({ request }) => request.argv)).toEqual([['true']]);
  });

  it('throws where it was not told what a program does', async () => {
    const session = await fakeSandbox().open(SPEC);
    await expect(session.exec(anExec(['rm', '-rf', '/']))).rejects.toThrow('was not told what this does');
  });

  it('answers SANDBOX_UNAVAILABLE while it is down', async () => {
    const sandbox = fakeSandbox();
    sandbox.isUp = false;
    await expect(sandbox.ping()).rejects.toMatchObject({ code: 'SANDBOX_UNAVAILABLE' });
    await expect(sandbox.open(SPEC)).rejects.toMatchObject({ code: 'SANDBOX_UNAVAILABLE' });
  });
});
