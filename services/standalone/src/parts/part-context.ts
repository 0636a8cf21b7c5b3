import {
  PartError,
  type ChildRecord,
  type ProcessExit,
  type SupervisedProcess,
  type SupervisedProcessOptions,
} from '@countersign/parts';

import type { DataFolder } from './data-folder.js';
import type { DataFolderLock } from './data-folder-lock.js';

/** What every part that runs a child needs. */
export type PartContext = {
  readonly folder: DataFolder;
  readonly lock: Pick<DataFolderLock, 'recordChild' | 'forgetChild'>;
  readonly onExit?: (exit: ProcessExit) => void;
  readonly onRestarted?: (child: ChildRecord) => void;
};

export type ChildHooks = Pick<SupervisedProcessOptions, 'logFile' | 'onStarted' | 'onExit' | 'onRestarted'>;

export function childHooks({ folder, lock, onExit, onRestarted }: PartContext, name: string): ChildHooks {
  return {
    logFile: folder.file('logs', `${name}.log`),
    onStarted: (child) => lock.recordChild(child),
    ...(onExit && { onExit }),
    ...(onRestarted && { onRestarted }),
  };
}

/** The child of a part. A stop that comes while it is still being made waits for that and starts nothing. */
export class ChildSlot {
  private making: Promise<SupervisedProcess> | undefined;
  private isStopped = false;

  constructor(private readonly context: PartContext) {}

  async start(make: () => Promise<SupervisedProcess>): Promise<void> {
    this.making = make();
    const child = await this.making;
    if (this.isStopped) throw new PartError('PART_NOT_READY', 'It was stopped while it started.', 'Start it again.');
    await child.start();
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    const child = await this.making?.catch(() => undefined);
    const name = child?.current?.name;
    await child?.stop();
    if (name !== undefined) this.context.lock.forgetChild(name);
  }
}
