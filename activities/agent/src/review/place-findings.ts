import type { AgentWorkspacePort } from '../ports/agent-workspace.port.js';
import type { PassFinding } from './pass-findings.js';

const CONTROL = /[\p{Cc}\p{Cs}]+/gu;

/** Looks for every place in the commit: a line that is not there, and a path that nobody knows, are not shown as if they were. */
export async function placeFindings(
  workspace: Pick<AgentWorkspacePort, 'list' | 'read'>,
  commit: string,
  changed: readonly string[],
  found: readonly PassFinding[],
): Promise<readonly PassFinding[]> {
  const inHead = new Set((await workspace.list(commit)).filter(({ mode }) => mode.startsWith('100')).map(({ path }) => path));
  const known = new Set([...inHead, ...changed]);
  const lines = new Map<string, number>();
  for (const path of new Set(found.flatMap((finding) => (finding.line === null ? [] : (knownPath(finding.path, known) ?? []))))) {
    const content = inHead.has(path) ? await workspace.read(commit, path) : undefined;
    lines.set(path, content ? lineCount(content) : 0);
  }
  return found.map((finding) => {
    const path = knownPath(finding.path, known);
    const { line } = finding;
    const isThere = path !== null && line !== null && line >= 1 && line <= (lines.get(path) ?? 0);
    return { ...finding, path, line: isThere ? line : null, message: finding.message.replace(CONTROL, ' ').trim() };
  });
}

/** Diffs name files with `a/` and `b/` before them, and models take that over. */
function knownPath(path: string | null, known: ReadonlySet<string>): string | null {
  if (path === null) return null;
  return [path, path.replace(/^(?:[ab]|\.)\//, '')].find((candidate) => known.has(candidate)) ?? null;
}

function lineCount(content: Buffer): number {
  if (content.length === 0) return 0;
  const breaks = content.reduce((count, byte) => (byte === 0x0a ? count + 1 : count), 0);
  return content.at(-1) === 0x0a ? breaks : breaks + 1;
}
