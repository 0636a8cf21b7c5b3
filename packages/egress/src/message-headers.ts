/** Of one connection only; what a `Connection` header names is added. */
const HOP_BY_HOP = ['connection', 'keep-alive', 'te', 'trailer', 'transfer-encoding', 'upgrade'];

/** Headers that go to the other side, in their order and first spelling, with every value; `drop` in lower case. */
export function endToEnd(raw: readonly string[], drop: readonly string[] = []): Record<string, string[]> {
  const all = new Map<string, [spelling: string, values: string[]]>();
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = raw[index] ?? '';
    const found = all.get(name.toLowerCase()) ?? [name, []];
    found[1].push(raw[index + 1] ?? '');
    all.set(name.toLowerCase(), found);
  }
  const named = (all.get('connection')?.[1] ?? []).flatMap((value) => value.toLowerCase().split(',').map((name) => name.trim()));
  const dropped = new Set([...HOP_BY_HOP, ...drop, ...named]);
  return Object.fromEntries([...all].flatMap(([name, found]) => (dropped.has(name) || name.startsWith('proxy-') ? [] : [found])));
}
