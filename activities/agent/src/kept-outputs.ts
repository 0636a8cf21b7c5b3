import type { AgentRun } from './agent-run.js';
import type { JournalPort, RunLease } from './ports/journal.port.js';
import type { ToolCall, ToolResult } from './ports/language-model.port.js';
import { numberedLines } from './tools/text-lines.js';
import type { ToolAnswer } from './tools/tool-protocol.js';

type Answer = ToolResult['answer'];

const SCHEME = 'output:';
/** Of a text that is kept; the middle of a longer one is gone. */
const MAX_KEPT_CHARS = 4 * 1024 * 1024;
const MOST_SHOWN_CHARS = 80_000;
const FEWEST_SHOWN_CHARS = 4_000;
/** One answer must not fill the window of a small model. */
const SHARE_OF_WINDOW = 0.15;
const CHARS_PER_TOKEN = 4;

/** The beginning and the end of a text, whole lines where it has any, and what is missing between them. */
export function headAndTail(text: string, headChars: number, tailChars: number): string {
  if (text.length <= headChars + tailChars) return text;
  const headEnd = text.lastIndexOf('\n', headChars);
  const tailStart = text.indexOf('\n', text.length - tailChars);
  const head = text.slice(0, headEnd > headChars / 2 ? headEnd : headChars);
  const tail = text.slice(tailStart >= 0 && tailStart < text.length - tailChars / 2 ? tailStart + 1 : text.length - tailChars);
  const left = text.slice(head.length, text.length - tail.length);
  return `${head}\n… (${left.split('\n').length} lines, ${left.length} characters left out) …\n${tail}`;
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value, null, 1));

/** Cuts long answers of tools, keeps what was cut beside the journal, and reads it again. */
export class KeptOutputs {
  private readonly maxChars: number;

  constructor(
    private readonly journal: JournalPort,
    private readonly run: AgentRun,
    private readonly lease: RunLease,
    contextTokens: number,
  ) {
    const share = contextTokens * CHARS_PER_TOKEN * SHARE_OF_WINDOW;
    // A model without a window, such as the offline one, is given everything.
    this.maxChars = contextTokens >= Number.MAX_SAFE_INTEGER ? Number.POSITIVE_INFINITY : Math.max(FEWEST_SHOWN_CHARS, Math.min(MOST_SHOWN_CHARS, share));
  }

  /** The answer that the model gets: short enough, and naming where the rest is. */
  async shown(answer: ToolAnswer, id: string): Promise<Answer> {
    if (!answer.ok) return answer;
    const { value, full } = answer;
    const whole = full ?? textOf(value);
    const isLong = this.maxChars < Number.POSITIVE_INFINITY && textOf(value).length > this.maxChars;
    if (full === undefined && !isLong) return { ok: true, value };
    const kept = headAndTail(whole, MAX_KEPT_CHARS / 2, MAX_KEPT_CHARS / 2);
    await this.journal.keepOutput(this.lease, id, kept);
    const text = isLong ? headAndTail(textOf(value), this.maxChars / 3, (2 * this.maxChars) / 3) : textOf(value);
    return { ok: true, value: `${text}\n\n(This answer was cut. The whole of it, ${kept.split('\n').length} lines, can be read at the path "${SCHEME}${id}".)` };
  }

  isKept(call: ToolCall): boolean {
    return call.name === 'read' && String(call.args['path']).startsWith(SCHEME);
  }

  async read({ args }: ToolCall): Promise<Answer> {
    const path = String(args['path']);
    const text = await this.journal.output(this.run.requestId, this.run.runKey, path.slice(SCHEME.length));
    if (text === undefined) return { ok: false, code: 'NOT_FOUND', message: `No output is kept at ${path}` };
    return { ok: true, value: numberedLines(path, text, args as Parameters<typeof numberedLines>[2]) };
  }
}
