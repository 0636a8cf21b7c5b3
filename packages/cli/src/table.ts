import { escapeLine } from './escape-text.js';

const MAX_CELL_CHARS = 60;

function cellOf(value: unknown): string {
  const text = value === null || value === undefined ? '–' : escapeLine(String(value));
  return text.length > MAX_CELL_CHARS ? `${text.slice(0, MAX_CELL_CHARS - 1)}…` : text;
}

/** Columns as wide as their widest cell, two spaces apart; the last one is not padded. */
export function renderTable(headers: readonly string[], rows: readonly (readonly unknown[])[]): string {
  const lines = [headers.map((header) => header.toUpperCase()), ...rows.map((row) => row.map(cellOf))];
  const widths = headers.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  const render = (line: readonly string[]): string =>
    line.map((cell, column) => (column === line.length - 1 ? cell : cell.padEnd(widths[column] ?? 0))).join('  ').trimEnd();
  return lines.map((line) => `${render(line)}\n`).join('');
}

/** `name: value` lines with the values in one column. */
export function renderFields(fields: readonly (readonly [string, unknown])[]): string {
  const width = Math.max(...fields.map(([name]) => name.length)) + 1;
  return fields.map(([name, value]) => `${`${name}:`.padEnd(width)} ${cellOf(value)}\n`).join('');
}
