import type { ExecResult } from '@countersign/sandbox';

import { headAndTail } from './kept-outputs.js';
import type { ToolAnswer } from './tools/tool-protocol.js';

/** The end of an output says how it went; the beginning, what was run. */
const HEAD_CHARS = 8_000;
const TAIL_CHARS = 16_000;
// Colours and cursor movements: they mean nothing to a model and cost tokens.
const TERMINAL = /\u001B(?:\[[0-9;?]*[ -/]*[@-~]|\][^\u0007\u001B]*(?:\u0007|\u001B\\)|[@-Z\\-_])/g;

function streamText(name: string, text: string, limits: readonly [number, number]): readonly string[] {
  if (text === '') return [];
  return [`--- ${name}`, headAndTail(text.replace(/\n$/, ''), ...limits)];
}

/** What a command said, as text: the exit code first, head and tail of what it wrote, the whole of it apart where it is long. */
export function commandAnswer({ exitCode, timedOut, stdout, stderr, truncated, durationMs }: ExecResult): ToolAnswer {
  const seconds = `${(durationMs / 1000).toFixed(1)} s`;
  const ending = timedOut ? `out of time after ${seconds}` : `exit code ${exitCode ?? 'unknown'} after ${seconds}`;
  const cut = truncated ? ['(The sandbox has left out the middle of what was written.)'] : [];
  const [out, err] = [stdout.replace(TERMINAL, ''), stderr.replace(TERMINAL, '')];
  const textWith = (limits: readonly [number, number]): string => {
    const streams = [...streamText('stdout', out, limits), ...streamText('stderr', err, limits)];
    return [ending, ...cut, ...(streams.length > 0 ? streams : ['(no output)'])].join('\n');
  };
  const full = textWith([Number.MAX_SAFE_INTEGER / 4, Number.MAX_SAFE_INTEGER / 4]);
  const value = textWith([HEAD_CHARS, TAIL_CHARS]);
  return value === full ? { ok: true, value } : { ok: true, value, full };
}
