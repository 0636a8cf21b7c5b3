import { readFileSync, writeSync } from 'node:fs';

import { answerTool } from './answer-tool.js';
import type { ToolRequest } from './tool-protocol.js';

/** Standard output may be a pipe that takes less than the whole answer at once. */
function writeAll(text: string): void {
  const bytes = Buffer.from(text, 'utf8');
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(1, bytes, at);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error;
    }
  }
}

// The host is the only one who starts this program, with a request that it has checked.
writeAll(JSON.stringify(answerTool(JSON.parse(readFileSync(0, 'utf8')) as ToolRequest)));
