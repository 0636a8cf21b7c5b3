/**
 * What text from people, repositories and models can hide in, or look like something else by. The console and the CLI hold
 * this file in the same words: a spec compares them.
 */
export type HiddenKind = 'direction' | 'tag' | 'selector' | 'nothing' | 'ending' | 'control' | 'far' | 'comment' | 'fold';
/** Joined, the texts of all pieces are the text. `kind` where it would not be seen, or not be seen for what it is. */
export type Piece = { readonly text: string; readonly kind?: HiddenKind };
export type HiddenCounts = Readonly<Partial<Record<HiddenKind | 'long', number>>>;

// In order of precedence. Selectors are hidden where nothing stands before them that they could choose a form of.
const PATTERNS: Readonly<Record<HiddenKind, string>> = {
  direction: String.raw`[\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]`,
  tag: String.raw`[\u{E0000}-\u{E007F}]`,
  selector:
    String.raw`(?<!\p{Extended_Pictographic}|[0-9#*](?=\uFE0F\u20E3))[\uFE0E\uFE0F]|` +
    String.raw`(?<!\p{Script=Han}|\p{Sm})[\uFE00-\uFE0D]|(?<!\p{Script=Han})[\u{E0100}-\u{E01EF}]`,
  nothing: String.raw`[\u00AD\u034F\u115F\u1160\u17B4\u17B5\u180B-\u180F\u200B-\u200D\u2060-\u2065\u2800\u3164\uFEFF\uFFA0\uFFF0-\uFFF8\u{E0080}-\u{E00FF}\u{E01F0}-\u{E0FFF}]`,
  ending: String.raw`\r(?=\n)`,
  control: String.raw`[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u2028\u2029\u206A-\u206F\uFFF9-\uFFFB\p{Cs}]`,
  // At ten a check of the width follows: a tab is wider than a space.
  far: String.raw`[ \t\u00A0\u1680\u2000-\u200A\u202F\u205F\u3000]{10,}`,
  // Also the Markdown form: a link that nothing refers to. In a patch it stands behind a sign.
  comment: String.raw`<!--|^[-+ ]? {0,3}\[[^\]\n]{0,200}\]:[ \t]*(?:#|<>)`,
  fold: String.raw`<details\b`,
};
const KINDS = Object.keys(PATTERNS) as HiddenKind[];
const HIDDEN = new RegExp(KINDS.map((kind) => `(?<${kind}>${PATTERNS[kind]})`).join('|'), 'gimu');

const FAR_COLUMNS = 80;
const TAB_COLUMNS = 8;
const LONG_CHARS = 500;

/** How far a run of blanks pushes what follows to the right. */
function columnsOf(blanks: string): number {
  return [...blanks].reduce((sum, blank) => sum + (blank === '\t' ? TAB_COLUMNS : 1), 0);
}

export function piecesOf(text: string): readonly Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  for (const match of text.matchAll(HIDDEN)) {
    const [found] = match;
    const kind = KINDS.find((name) => match.groups?.[name] !== undefined);
    const end = match.index + found.length;
    const isFar = columnsOf(found) >= FAR_COLUMNS && end < text.length && !/[\r\n]/.test(text.charAt(end));
    if (!kind || (kind === 'far' && !isFar)) continue;
    if (match.index > from) pieces.push({ text: text.slice(from, match.index) });
    pieces.push({ text: found, kind });
    from = end;
  }
  if (from < text.length || pieces.length === 0) pieces.push({ text: text.slice(from) });
  return pieces;
}

export function hiddenIn(texts: readonly string[]): HiddenCounts {
  const counts: Partial<Record<HiddenKind | 'long', number>> = {};
  const add = (kind: HiddenKind | 'long'): void => void (counts[kind] = (counts[kind] ?? 0) + 1);
  for (const text of texts) {
    for (const { kind } of piecesOf(text)) if (kind) add(kind);
    for (const line of text.split('\n')) if (line.length > LONG_CHARS) add('long');
  }
  return counts;
}

const WORDS: Readonly<Record<HiddenKind | 'long', readonly [one: string, many: string]>> = {
  direction: ['direction control', 'direction controls'],
  tag: ['invisible tag character', 'invisible tag characters'],
  selector: ['stray variation selector', 'stray variation selectors'],
  nothing: ['zero-width character', 'zero-width characters'],
  control: ['control character', 'control characters'],
  comment: ['HTML comment', 'HTML comments'],
  fold: ['folded section', 'folded sections'],
  far: ['text far to the right', 'texts far to the right'],
  ending: ['Windows line ending', 'Windows line endings'],
  long: [`line over ${LONG_CHARS} characters`, `lines over ${LONG_CHARS} characters`],
};

/** `2 control characters`, one for each kind that there is. */
export function hiddenWords(counts: HiddenCounts): readonly string[] {
  return (Object.keys(WORDS) as (HiddenKind | 'long')[]).flatMap((kind) => {
    const count = counts[kind] ?? 0;
    return count === 0 ? [] : [`${count} ${WORDS[kind][count === 1 ? 0 : 1]}`];
  });
}

/** In place of blanks that push what follows out of sight. */
export const farMark = (blanks: string): string => `⟦${blanks.length} blanks⟧`;

/** Every name and text of a JSON document, as it is read rather than as it is written; of other text the text itself. */
export function textsOf(document: string): readonly string[] {
  try {
    return textsIn(JSON.parse(document));
  } catch {
    return [document];
  }
}

function textsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) => [...(Array.isArray(value) ? [] : [name]), ...textsIn(member)]);
}
