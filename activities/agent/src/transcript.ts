import type { ArtifactRef } from '@countersign/domain';

import type { AgentDeps } from './agent-deps.js';
import type { AgentRun } from './agent-run.js';
import { headAndTail } from './kept-outputs.js';
import type { JournalAnswer } from './ports/journal.port.js';
import type { ChatMessage, ToolResult } from './ports/language-model.port.js';

const MAX_TEXT_CHARS = 64 * 1024;
const MAX_BYTES = 8 * 1024 * 1024;
/** Of a list in an answer, such as the files that a recipe touches. */
const MAX_ITEMS = 200;

/** Everything that was said, also what was summed up since; the same run makes the same lines again. */
export class Transcript {
  private readonly lines: object[] = [];

  constructor(opening: readonly ChatMessage[]) {
    this.lines.push(...opening);
  }

  answered(step: number, { text, toolCalls, output, usage, call, keptMessages, unreadable }: JournalAnswer): void {
    const role = keptMessages === undefined ? 'assistant' : 'summary';
    this.lines.push({ step, role, ...call, text, toolCalls, ...(output === null || output === undefined ? {} : { output }), ...(unreadable === undefined ? {} : { unreadable }), usage });
  }

  done(step: number, results: readonly ToolResult[]): void {
    this.lines.push({ step, role: 'tools', results });
  }

  repaired(step: number, text: string): void {
    this.lines.push({ step, role: 'repair', text });
  }

  ended(end: object): void {
    this.lines.push({ role: 'end', ...end });
  }

  /** JSON lines without secrets; the middle of a very long run is left out, and said so. */
  render(redact: (text: string) => string): string {
    const lines = this.lines.map((line) => redact(JSON.stringify(redacted(line, redact))));
    const sizes = lines.map((line) => Buffer.byteLength(line) + 1);
    if (sizes.reduce((sum, size) => sum + size, 0) <= MAX_BYTES) return `${lines.join('\n')}\n`;
    const head = fitting(lines, sizes, MAX_BYTES / 2);
    const tail = fitting([...lines].reverse(), [...sizes].reverse(), MAX_BYTES / 2).reverse();
    const left = lines.length - head.length - tail.length;
    return `${[...head, JSON.stringify({ role: 'omitted', lines: left }), ...tail].join('\n')}\n`;
  }
}

function fitting(lines: readonly string[], sizes: readonly number[], maxBytes: number): string[] {
  let sum = 0;
  const end = sizes.findIndex((size) => (sum += size) > maxBytes);
  return lines.slice(0, end < 0 ? lines.length : end);
}

/** Each text on its own first: in JSON a key's lines would be one, and a quote hides behind a backslash. */
function redacted(value: unknown, redact: (text: string) => string): unknown {
  if (typeof value === 'string') return redact(headAndTail(value.toWellFormed(), MAX_TEXT_CHARS / 2, MAX_TEXT_CHARS / 2));
  if (Array.isArray(value)) {
    const shown = value.slice(0, MAX_ITEMS).map((item) => redacted(item, redact));
    return value.length > MAX_ITEMS ? [...shown, `… ${value.length - MAX_ITEMS} more`] : shown;
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, redacted(member, redact)]));
}

export function putTranscript(deps: Pick<AgentDeps, 'artifacts' | 'redact'>, { runKey }: AgentRun, transcript: Transcript): Promise<ArtifactRef> {
  const name = `transcript-${runKey.replace(/[^A-Za-z0-9]+/g, '-')}.jsonl`;
  return deps.artifacts.put(Buffer.from(transcript.render(deps.redact), 'utf8'), { name, mediaType: 'application/x-ndjson' });
}
