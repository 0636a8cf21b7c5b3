import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import type { ExecRequest, SandboxPort, SandboxSession, SandboxSpec } from './sandbox.port.js';

/** Programs the suite runs; a fake is told what they do. */
export const PROGRAMS = {
  exit7: ['sh', '-c', 'echo out; echo err >&2; exit 7'],
  cat: ['cat'],
  greet: ['sh', '-c', 'printf %s "$GREETING"'],
  args: ['printf', '<%s>', 'a b', '-x', 'new\nline', '$HOME'],
  flood: ['sh', '-c', 'echo first; yes | head -c 2000000; echo last'],
  sleep: ['sleep', '60'],
} as const;

export type SandboxHarness = {
  readonly sandbox: SandboxPort;
  /** The same installation as another worker sees it. */
  readonly again: () => SandboxPort;
  /** A specification with a workspace of its own, which is kept for the whole suite. */
  readonly aSpec: (over?: Partial<SandboxSpec>) => Promise<SandboxSpec>;
  readonly close: () => Promise<void>;
};

export function anExec(argv: readonly string[], over: Partial<ExecRequest> = {}): ExecRequest {
  return { argv, timeoutMs: 20_000, maxOutputBytes: 100_000, ...over };
}

/** What holds for every adapter and for the fake. Isolation itself has a suite of its own. */
export function describeSandbox(name: string, makeHarness: () => Promise<SandboxHarness>): void {
  describe(`sandbox port: ${name}`, () => {
    let harness: SandboxHarness;
    let session: SandboxSession;
    beforeAll(async () => {
      harness = await makeHarness();
      session = await harness.sandbox.open(await harness.aSpec({ name: 'contract-1', requestId: 'contract-1' }));
    });
    afterAll(async () => {
      await harness.sandbox.destroy('contract-1');
      await harness.close();
    });

    it('answers to a ping with a version, and knows which images are there', async () => {
      expect((await harness.sandbox.ping()).version).not.toBe('');
      const { image } = await harness.aSpec();
      expect(await harness.sandbox.hasImage(image)).toBe(true);
      expect(await harness.sandbox.hasImage('countersign/no-such-image:0')).toBe(false);
    });

    it('refuses an image that is not there with IMAGE_MISSING', async () => {
      const spec = await harness.aSpec({ name: 'no-image', requestId: 'contract-2', image: 'countersign/no-such-image:0' });
      await expect(harness.sandbox.open(spec)).rejects.toMatchObject({ code: 'IMAGE_MISSING' });
    });

    runsPrograms(() => session);
    endsPrograms(() => session);
    keepsTrack(() => harness);
  });
}

function runsPrograms(session: () => SandboxSession): void {
  it('returns exit code and both streams apart', async () => {
    expect(await session().exec(anExec(PROGRAMS.exit7))).toMatchObject({
      exitCode: 7,
      stdout: 'out\n',
      stderr: 'err\n',
      timedOut: false,
      cancelled: false,
      truncated: false,
    });
  });

  it('passes standard input and its end', async () => {
    const stdin = `zwölf ${'x'.repeat(300_000)}\n`;
    const result = await session().exec(anExec(PROGRAMS.cat, { stdin, maxOutputBytes: 1_000_000 }));
    expect(result.exitCode).toBe(0);
    expect(result.stdout === stdin).toBe(true);
  });

  it('passes environment, and arguments that no shell reads', async () => {
    const greeted = await session().exec(anExec(PROGRAMS.greet, { env: { GREETING: 'hi $HOME "you"' } }));
    expect(greeted.stdout).toBe('hi $HOME "you"');
    expect((await session().exec(anExec(PROGRAMS.args))).stdout).toBe('<a b><-x><new\nline><$HOME>');
  });

  it('caps what it keeps of a flood and says so', async () => {
    const result = await session().exec(anExec(PROGRAMS.flood, { maxOutputBytes: 1000 }));
    expect(result).toMatchObject({ exitCode: 0, truncated: true });
    expect(result.stdout.length).toBeLessThan(1100);
    expect(result.stdout.startsWith('first\n')).toBe(true);
  });

  it('hands over output as it arrives', async () => {
    const seen: string[] = [];
    await session().exec(anExec(PROGRAMS.exit7, { onOutput: (text, stream) => seen.push(`${stream}:${text}`) }));
    expect(seen.sort()).toEqual(['stderr:err\n', 'stdout:out\n']);
  });
}

function endsPrograms(session: () => SandboxSession): void {
  it('ends a program at its deadline and stays usable', async () => {
    const result = await session().exec(anExec(PROGRAMS.sleep, { timeoutMs: 300 }));
    expect(result).toMatchObject({ exitCode: null, timedOut: true, cancelled: false });
    expect(result.durationMs).toBeLessThan(10_000);
    expect((await session().exec(anExec(PROGRAMS.exit7))).exitCode).toBe(7);
  });

  it('ends a program that is cancelled, and starts none that was cancelled before', async () => {
    const running = new AbortController();
    setTimeout(() => running.abort(), 200);
    expect(await session().exec(anExec(PROGRAMS.sleep, { signal: running.signal }))).toMatchObject({ exitCode: null, cancelled: true });
    const early = await session().exec(anExec(PROGRAMS.exit7, { signal: AbortSignal.abort() }));
    expect(early).toMatchObject({ exitCode: null, cancelled: true, stdout: '' });
  });
}

function keepsTrack(harness: () => SandboxHarness): void {
  it('re-attaches by name: one sandbox, and nothing of the earlier attempt is running', async () => {
    const spec = await harness().aSpec({ name: 'again', requestId: 'contract-3' });
    const before = await harness().sandbox.open(spec);
    const interrupted = before.exec(anExec(PROGRAMS.sleep)).catch((error: unknown) => error);
    await new Promise((resolve) => setTimeout(resolve, 300));
    const after = await harness().again().open(spec);
    expect(await interrupted).toMatchObject({ code: 'SANDBOX_UNAVAILABLE' });
    expect((await after.exec(anExec(PROGRAMS.exit7))).exitCode).toBe(7);
    expect((await harness().sandbox.list()).filter(({ name }) => name === 'again')).toHaveLength(1);
    await after.stop();
  });

  it('has no result of a program whose sandbox is destroyed under it', async () => {
    const session = await harness().sandbox.open(await harness().aSpec({ name: 'under', requestId: 'contract-7' }));
    const interrupted = session.exec(anExec(PROGRAMS.sleep)).catch((error: unknown) => error);
    await new Promise((resolve) => setTimeout(resolve, 300));
    await harness().again().destroy('contract-7');
    expect(await interrupted).toMatchObject({ code: 'SANDBOX_UNAVAILABLE' });
  });

  it('lists what is open with its request, and destroys all of one request', async () => {
    for (const name of ['d-1', 'd-2']) await harness().sandbox.open(await harness().aSpec({ name, requestId: 'contract-4' }));
    const other = await harness().sandbox.open(await harness().aSpec({ name: 'd-3', requestId: 'contract-5' }));
    const ours = (await harness().again().list()).filter(({ requestId }) => requestId === 'contract-4');
    expect(ours.map(({ name }) => name).sort()).toEqual(['d-1', 'd-2']);
    expect(await harness().again().destroy('contract-4')).toBe(2);
    expect(await harness().sandbox.destroy('contract-4')).toBe(0);
    expect(await other.isAlive()).toBe(true);
    await other.stop();
    expect((await harness().sandbox.list()).some(({ requestId }) => requestId !== 'contract-1')).toBe(false);
  });

  it('answers SANDBOX_UNAVAILABLE after a stop, and a second stop is no error', async () => {
    const session = await harness().sandbox.open(await harness().aSpec({ name: 'stopped', requestId: 'contract-6' }));
    expect(await session.isAlive()).toBe(true);
    await session.stop();
    await session.stop();
    expect(await session.isAlive()).toBe(false);
    await expect(session.exec(anExec(PROGRAMS.exit7))).rejects.toMatchObject({ code: 'SANDBOX_UNAVAILABLE' });
  });
}
