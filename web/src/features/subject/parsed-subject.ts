export function parsedSubject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function flatten(value: unknown, path: string, into: Map<string, string>): void {
  if (typeof value === 'object' && value !== null && Object.keys(value).length > 0) {
    for (const [key, member] of Object.entries(value)) {
      flatten(member, Array.isArray(value) ? `${path}[${Number(key) + 1}]` : path ? `${path}.${key}` : key, into);
    }
  } else into.set(path, typeof value === 'string' ? value : JSON.stringify(value));
}

export type SubjectChange = { readonly path: string; readonly was: string | undefined; readonly is: string | undefined };

/** Member by member: what a reader of the earlier document has to look at again. */
export function changesBetween(before: string, after: string): readonly SubjectChange[] {
  const [was, is] = [new Map<string, string>(), new Map<string, string>()];
  flatten(parsedSubject(before) ?? before, '', was);
  flatten(parsedSubject(after) ?? after, '', is);
  return [...new Set([...was.keys(), ...is.keys()])]
    .filter((path) => was.get(path) !== is.get(path))
    .map((path) => ({ path, was: was.get(path), is: is.get(path) }));
}
