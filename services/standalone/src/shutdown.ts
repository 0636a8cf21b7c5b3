import type { Logger } from '@countersign/platform';

/** What was started, to be stopped in the opposite order; one failing stop does not keep the others. */
export class Shutdown {
  private readonly steps: { readonly name: string; readonly stop: () => Promise<void> }[] = [];
  private running: Promise<void> | undefined;

  constructor(private readonly logger: Logger) {}

  add(name: string, stop: () => Promise<void>): void {
    this.steps.push({ name, stop });
  }

  get isRunning(): boolean {
    return this.running !== undefined;
  }

  /** Once, however often it is called: Ctrl-C reaches us from the terminal and from `npm start`. */
  run(): Promise<void> {
    this.running ??= this.stopAll();
    return this.running;
  }

  private async stopAll(): Promise<void> {
    for (const { name, stop } of this.steps.toReversed()) {
      try {
        await stop();
      } catch (error) {
        this.logger.error({ err: error, part: name }, 'a part did not stop cleanly');
      }
    }
  }
}
