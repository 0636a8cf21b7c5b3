import type { Place } from './identifier-places.js';
import { lineOf } from './text-file.js';
import { ToolRefusal } from './tool-protocol.js';

type Member = Place & { readonly key: string };

/** Written so that a long string is read without backtracking. */
const NEXT_TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\]]/g;
const SCALAR = /[^\s,\]}]+/y;

function afterSpace(text: string, at: number): number {
  let next = at;
  while (/[\s,:]/.test(text.charAt(next))) next += 1;
  return next;
}

function endOfValue(text: string, at: number): number {
  const isScalar = !/["{[]/.test(text.charAt(at));
  const pattern = isScalar ? SCALAR : NEXT_TOKEN;
  pattern.lastIndex = at;
  for (let depth = 0; ; ) {
    const [token = ''] = pattern.exec(text) ?? [];
    if (token === '{' || token === '[') depth += 1;
    if (token === '}' || token === ']') depth -= 1;
    if (depth === 0 || token === '') return pattern.lastIndex;
  }
}

/** The members of the object that starts at `at`, in text that is known to be JSON. */
function* membersAt(text: string, at: number): Generator<Member> {
  for (let next = afterSpace(text, at + 1); text.charAt(next) === '"'; ) {
    const keyEnd = endOfValue(text, next);
    const start = afterSpace(text, keyEnd);
    const end = endOfValue(text, start);
    yield { key: JSON.parse(text.slice(next, keyEnd)) as string, start, end };
    next = afterSpace(text, end);
  }
}

/** A JSON file of which single values are changed, and nothing else of its text. */
export class JsonText {
  readonly value: unknown;

  /** @throws ToolRefusal where the text is no JSON. */
  constructor(
    readonly path: string,
    readonly text: string,
  ) {
    try {
      this.value = JSON.parse(text.replace(/^\uFEFF/, ''));
    } catch {
      throw new ToolRefusal('TOOL_FAILED', `${path} is not valid JSON and stays untouched`);
    }
  }

  /**
   * The value at a path of member names; undefined where there is none.
   *
   * @throws ToolRefusal where a name stands twice in one object: readers differ in which one they take.
   */
  at(keys: readonly string[]): (Place & { readonly value: unknown }) | undefined {
    const start = afterSpace(this.text, 0);
    let found: Place = { start, end: endOfValue(this.text, start) };
    for (const key of keys) {
      if (this.text.charAt(found.start) !== '{') return undefined;
      const [member, twin] = [...membersAt(this.text, found.start)].filter((candidate) => candidate.key === key);
      if (twin && member) {
        const lines = [member, twin].map(({ start: at }) => lineOf(this.text, at)).join(', ');
        throw new ToolRefusal('EDIT_NOT_UNIQUE', `${this.path} names ${JSON.stringify(key)} twice in one object, at lines ${lines}`);
      }
      if (!member) return undefined;
      found = member;
    }
    return { ...found, value: JSON.parse(this.text.slice(found.start, found.end)) };
  }

  textAt(...keys: readonly string[]): string | undefined {
    const value = this.at(keys)?.value;
    return typeof value === 'string' ? value : undefined;
  }

  /** The text with other values in some places. */
  with(places: readonly Place[], value: string): string {
    let result = '';
    let at = 0;
    for (const { start, end } of [...places].sort((a, b) => a.start - b.start)) {
      result += this.text.slice(at, start) + JSON.stringify(value);
      at = end;
    }
    return result + this.text.slice(at);
  }
}
