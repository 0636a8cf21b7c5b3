import type { Logger } from '@countersign/platform';

/** What was started, to be stopped in the opposite order; one failing stop does not keep the others. */
export class Shutdown {
  private readonly steps: { readonly name: string; readonly stop: () => Promise<void> }[] = [];
  private running: Promise<void> | undefined;
  private begun = false;

  constructor(private readonly logger: Logger) {}

  add(name: string, stop: () => Promise<void>): void {
    this.steps.push({ name, stop });
  }

  get hasBegun(): boolean {
    return this.begun;
  }

  /** Called twice at once it runs once; called again later it stops what was added since. */
  run(): Promise<void> {
    this.begun = true;
    this.running ??= this.stopAll().finally(() => (this.running = undefined));
    return this.running;
  }

  private async stopAll(): Promise<void> {
    for (let step = this.steps.pop(); step; step = this.steps.pop()) {
      try {
        await step.stop();
      } catch (error) {
        this.logger.error({ err: error, part: step.name }, 'a part did not stop cleanly');
      }
    }
  }
}
