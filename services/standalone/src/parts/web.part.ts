import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { assertPortFree, PartError, SupervisedProcess, type Part, type PartInfo } from '@countersign/parts';

import { ChildSlot, childHooks, type PartContext } from './part-context.js';

const READY_TIMEOUT_MS = 60_000;

export type WebPartOptions = {
  readonly root: string;
  readonly port: number;
  readonly portSetting: string;
  /** Everything the console is told; nothing else of our environment reaches it. */
  readonly env: Readonly<Record<string, string>>;
  /** Answered with any status: a console that redirects to sign-in is ready. */
  readonly readyPath?: string;
};

/** The console: `next start` on what `next build` made. */
export class WebPart implements Part {
  readonly name = 'web';
  private readonly child: ChildSlot;

  constructor(
    private readonly context: PartContext,
    private readonly options: WebPartOptions,
  ) {
    this.child = new ChildSlot(context);
  }

  get url(): string {
    return `http://127.0.0.1:${this.options.port}`;
  }

  async start(): Promise<PartInfo> {
    const { root, port, portSetting } = this.options;
    const version = nextVersion(root);
    await this.child.start(async () => {
      await assertPortFree(port, portSetting);
      return this.process();
    });
    return { name: this.name, ok: true, version, where: this.url };
  }

  stop(): Promise<void> {
    return this.child.stop();
  }

  private process(): SupervisedProcess {
    const { root, port, env, readyPath = '/' } = this.options;
    return new SupervisedProcess({
      ...childHooks(this.context, this.name),
      name: this.name,
      command: process.execPath,
      args: [join(root, 'node_modules/next/dist/bin/next'), 'start', '-H', '127.0.0.1', '-p', String(port)],
      cwd: join(root, 'web'),
      env: { PATH: '/usr/bin:/bin', NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1', ...env },
      port,
      isReady: async () => {
        const response = await fetch(`${this.url}${readyPath}`, { redirect: 'manual', signal: AbortSignal.timeout(5_000) });
        await response.body?.cancel();
        return response.status < 500;
      },
      readyTimeoutMs: READY_TIMEOUT_MS,
      stopTimeoutMs: 5_000,
    });
  }
}

function nextVersion(root: string): string {
  try {
    const text = readFileSync(join(root, 'node_modules/next/package.json'), 'utf8');
    return (JSON.parse(text) as { version: string }).version;
  } catch (error) {
    throw new PartError('PART_MISSING', 'Next.js is not installed.', 'Run `npm install`.', { cause: error });
  }
}
