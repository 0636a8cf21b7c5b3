import { spawn } from 'node:child_process';

import { findDockerEngine, type DockerEngine, type Part, type PartInfo } from '@countersign/parts';

const LOOK_EVERY_MS = 5_000;
const RELEASE_TIMEOUT_MS = 30_000;

export type DockerPartOptions = {
  /** DOCKER_HOST, HOME and XDG_RUNTIME_DIR of the start. */
  readonly env: NodeJS.ProcessEnv;
  /** What to type where no engine answers, as scripts/provision-docker.mjs said. */
  readonly fix: string;
  /** The file scripts/release-docker.mjs: stops a daemon that was started for us. */
  readonly releaseScript: string;
  /** Called where an engine comes or goes after the start. */
  readonly onChange?: (engine: DockerEngine | undefined) => void;
};

/** Without an engine execution waits; this part keeps looking and says when one comes or goes. */
export class DockerPart implements Part {
  readonly name = 'docker';
  private engine: DockerEngine | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly options: DockerPartOptions) {}

  async start(): Promise<PartInfo> {
    const engine = await findDockerEngine(this.options.env);
    this.engine = engine;
    this.timer = setInterval(() => void this.look(), LOOK_EVERY_MS);
    this.timer.unref();
    return engine
      ? { name: this.name, ok: true, version: engine.version, where: engine.host }
      : { name: this.name, ok: false, version: '', where: '', fix: this.options.fix };
  }

  /** Stops the daemon where a provisioner started it and nobody else uses it; containers must be gone by then. */
  stop(): Promise<void> {
    clearInterval(this.timer);
    return new Promise((resolve) => {
      const { env, releaseScript } = this.options;
      const child = spawn(process.execPath, [releaseScript, String(process.pid)], {
        env,
        stdio: 'ignore',
        timeout: RELEASE_TIMEOUT_MS,
      });
      child.once('error', () => resolve());
      child.once('exit', () => resolve());
    });
  }

  private async look(): Promise<void> {
    const engine = await findDockerEngine(this.options.env);
    const hasChanged = engine?.host !== this.engine?.host;
    this.engine = engine;
    if (hasChanged) this.options.onChange?.(engine);
  }
}
