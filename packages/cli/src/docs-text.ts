import type { Command } from 'commander';

import { Commands } from './context.js';
import type { Io } from './io.js';
import { createProgram } from './program.js';

const HEADER = `<!-- Generated from the commands by packages/cli/src/print-docs.ts. Do not edit. -->

# The \`countersign\` command

Run it from the clone as \`npx --no-install countersign …\` (the bare name on the registry is not ours).

Every command takes \`--json\` (one JSON document on stdout, everything else on stderr; an error is
\`{"error":{"code","message","field"}}\`), \`--profile <name>\` (or \`COUNTERSIGN_PROFILE\`) and \`--help\`. Tokens lie in
\`$XDG_CONFIG_HOME/countersign/<profile>.json\`, readable by their owner only. Colour is used on a terminal only, and not
where \`NO_COLOR\` is set. Addresses come from \`COUNTERSIGN_URL\` and \`COUNTERSIGN_ISSUER\`, else from the data folder
(\`COUNTERSIGN_DATA_DIR\`, else \`.countersign\` in the clone); \`COUNTERSIGN_CLIENT_ID\` names the client at an identity
provider of your own (default \`cli\`).

| exit code | meaning |
|---|---|
| 0 | done; a decision was recorded or is pending |
| 1 | unexpected |
| 2 | usage |
| 3 | not signed in or not allowed |
| 4 | refused: stale digest, closed gate, own request, policy |
| 5 | not found |
| 6 | timed out or unavailable |
| 7 | \`verify\` alone: the bundle is consistent, but only with its own keys |
| 8 | \`verify\` alone: the bundle does not hold |
`;

const COMMON = new Set(['--json', '--profile']);
const inCell = (text: string): string => text.replaceAll('|', '\\|');

function leaves(command: Command, path: readonly string[]): { command: Command; path: readonly string[] }[] {
  const here = [...path, command.name()];
  return command.commands.length === 0 ? [{ command, path: here }] : command.commands.flatMap((child) => leaves(child, here));
}

function section({ command, path }: { command: Command; path: readonly string[] }): string {
  const args = command.registeredArguments.map((argument) => `<${argument.name()}>`);
  const options = command.options.filter(({ long }) => !COMMON.has(long ?? ''));
  const rows = options.map((option) => {
    const choices = option.argChoices ? ` (${option.argChoices.join(', ')})` : '';
    const fallback = option.defaultValue === undefined ? '' : `; default ${String(option.defaultValue)}`;
    return `| \`${inCell(option.flags)}\` | ${option.mandatory ? 'yes' : ''} | ${inCell(option.description + choices + fallback)} |\n`;
  });
  const table = rows.length > 0 ? `\n| option | needed | |\n|---|---|---|\n${rows.join('')}` : '';
  return `\n## \`${[...path, ...args].join(' ')}\`\n\n${command.description()}\n${table}`;
}

/** What `docs/cli.md` must hold. */
export function docsText(): string {
  const commands = createProgram(new Commands({} as Io)).commands.flatMap((command) => leaves(command, []));
  return HEADER + commands.map(section).join('');
}
