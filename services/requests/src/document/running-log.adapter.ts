import { RunningLog } from '@countersign/artifacts';

import type { LogChunk, LogReaderPort } from './artifact-reader.port.js';

/** Reads logs that services/worker writes below one folder. */
export class RunningLogAdapter implements LogReaderPort {
  constructor(private readonly dir: string) {}

  async read(requestId: string, after: number, limit: number): Promise<LogChunk> {
    const { text, next } = await new RunningLog({ dir: this.dir, requestId }).read(after, limit);
    return { text, next, ended: text === '' };
  }
}
