const FILE_START = /^(?=diff --git )/m;
const BINARY_START = '\nGIT binary patch\n';

export type DiffPieces = {
  readonly pieces: readonly string[];
  /** Pieces that would have been too many. */
  readonly leftOut: number;
};

/** One change in pieces that a model can take: whole files together where they fit, a large file in several. */
export function diffPieces(patch: string, maxChars: number, maxPieces: number): DiffPieces {
  const parts = patch.split(FILE_START).filter((file) => file !== '').flatMap((file) => partsOf(withoutBinary(file), maxChars));
  const pieces: string[] = [];
  for (const part of parts) {
    const last = pieces.at(-1);
    if (last !== undefined && last.length + part.length <= maxChars) pieces[pieces.length - 1] = last + part;
    else pieces.push(part);
  }
  return { pieces: pieces.slice(0, maxPieces), leftOut: Math.max(0, pieces.length - maxPieces) };
}

function withoutBinary(file: string): string {
  const at = file.indexOf(BINARY_START);
  return at < 0 ? file : `${file.slice(0, at)}\n(binary file)\n`;
}

/** A file that is too large is cut between lines; each part says which file it is of. */
function partsOf(file: string, maxChars: number): readonly string[] {
  if (file.length <= maxChars) return [file];
  const lines = file.split('\n').map((line) => (line.length > maxChars / 2 ? `${line.slice(0, maxChars / 2)} (line cut)` : line));
  const header = `${lines[0] ?? ''} (continued)\n`;
  const parts: string[] = [];
  let part = '';
  for (const line of lines) {
    if (part !== '' && part.length + line.length + 1 > maxChars) {
      parts.push(part);
      part = header;
    }
    part += `${line}\n`;
  }
  return [...parts, part];
}
