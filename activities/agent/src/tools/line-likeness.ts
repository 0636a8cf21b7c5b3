const MAX_LINES = 20_000;
const MAX_CHARS = 400;

function pairsOf(text: string): Map<string, number> {
  const pairs = new Map<string, number>();
  for (let at = 0; at + 1 < text.length; at += 1) {
    const pair = text.slice(at, at + 2);
    pairs.set(pair, (pairs.get(pair) ?? 0) + 1);
  }
  return pairs;
}

/** How much two texts have in common, 0 to 1: the share of letter pairs that both hold. */
function likeness(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): number {
  let common = 0;
  let all = 0;
  for (const [pair, count] of a) common += Math.min(count, b.get(pair) ?? 0);
  for (const pairs of [a, b]) for (const count of pairs.values()) all += count;
  return all === 0 ? 0 : (2 * common) / all;
}

const plain = (line: string): string => line.trim().slice(0, MAX_CHARS);
const LEAST = 0.5;

/** 1-based number of the line that is most like the first line of a text that was not found. */
export function nearestLine(lines: readonly string[], wanted: string): number | undefined {
  const first = plain(wanted.split('\n').find((line) => line.trim() !== '') ?? '');
  if (first === '') return undefined;
  const pairs = pairsOf(first);
  let best = { line: 0, score: LEAST };
  for (const [index, line] of lines.slice(0, MAX_LINES).entries()) {
    const text = plain(line);
    const score = text === first ? 1 : likeness(pairs, pairsOf(text)) * 0.99;
    if (score > best.score) best = { line: index + 1, score };
    if (score === 1) break;
  }
  return best.line === 0 ? undefined : best.line;
}
