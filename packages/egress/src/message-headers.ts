/** Of one connection only; what a `Connection` header names is added. */
const HOP_BY_HOP = ['connection', 'keep-alive', 'te', 'trailer', 'transfer-encoding', 'upgrade'];

type Pair = readonly [name: string, value: string];

function pairsOf(raw: readonly string[]): readonly Pair[] {
  const pairs: Pair[] = [];
  for (let index = 0; index + 1 < raw.length; index += 2) pairs.push([raw[index] ?? '', raw[index + 1] ?? '']);
  return pairs;
}

/** Headers that go to the other side, in their order and spelling; `drop` in lower case. */
export function endToEnd(raw: readonly string[], drop: readonly string[] = []): string[] {
  const pairs = pairsOf(raw);
  const named = pairs.filter(([name]) => name.toLowerCase() === 'connection').flatMap(([, value]) => value.toLowerCase().split(','));
  const dropped = new Set([...HOP_BY_HOP, ...drop, ...named.map((name) => name.trim())]);
  return pairs.filter(([name]) => !dropped.has(name.toLowerCase()) && !name.toLowerCase().startsWith('proxy-')).flat();
}

/** Every value of a header, also where there are several and Node shows the first. */
export function valuesOf(raw: readonly string[], wanted: string): readonly string[] {
  return pairsOf(raw).flatMap(([name, value]) => (name.toLowerCase() === wanted ? [value] : []));
}
