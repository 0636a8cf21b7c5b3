import { readFileSync } from 'node:fs';

import { Command, CommanderError } from 'commander';

import { CliError, exitCodeOf } from './cli-error.js';
import { auditCommand } from './commands/audit.commands.js';
import { decisionCommands } from './commands/decision.commands.js';
import { doctorCommand } from './commands/doctor.command.js';
import { documentCommands } from './commands/document.commands.js';
import { eraseCommand } from './commands/erase.command.js';
import { gitCommands } from './commands/git.commands.js';
import { keysCommand } from './commands/keys.commands.js';
import { logCommand } from './commands/log.commands.js';
import { personCommands } from './commands/person.commands.js';
import { projectCommands } from './commands/project.commands.js';
import { requestCommands } from './commands/request.commands.js';
import { sessionCommands } from './commands/session.commands.js';
import { trailCommands } from './commands/trail.commands.js';
import { verifyCommands } from './commands/verify.commands.js';
import { wordCommands } from './commands/word.commands.js';
import { Commands } from './context.js';
import type { Io } from './io.js';
import { Printer } from './printer.js';

const DESCRIPTION = `Durable, human-approved AI change.

Exit codes: 0 done · 1 unexpected · 2 usage · 3 not signed in or not allowed · 4 refused · 5 not found · 6 timed out or unavailable
verify alone: 7 consistent with its own keys only · 8 does not hold`;

/** Of this package, one folder up from here as from where it is built. */
const version = (): string => (JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }).version;

export function createProgram(commands: Commands): Command {
  const program = new Command('countersign').description(DESCRIPTION).version(version(), '-V, --version', 'say which version this is');
  const all = [
    ...sessionCommands(commands),
    doctorCommand(commands),
    ...projectCommands(commands),
    ...personCommands(commands),
    eraseCommand(commands),
    ...requestCommands(commands),
    ...documentCommands(commands),
    ...decisionCommands(commands),
    ...wordCommands(commands),
    ...trailCommands(commands),
    auditCommand(commands),
    ...verifyCommands(commands),
    keysCommand(commands),
    logCommand(commands),
    ...gitCommands(commands),
  ];
  all.forEach((command) => program.addCommand(command));
  return program;
}

function everyCommand(command: Command): Command[] {
  return [command, ...command.commands.flatMap(everyCommand)];
}

/** Runs one command line (without the program's name) and answers the exit code; never throws. */
export async function runCli(argv: readonly string[], io: Io): Promise<number> {
  const commands = new Commands(io);
  const program = createProgram(commands);
  // Each subcommand reports for itself, so each is told where its words go and that it may not end the process.
  everyCommand(program).forEach((command) =>
    command.exitOverride().configureOutput({ writeOut: (text) => io.stdout.write(text), writeErr: (text) => io.stderr.write(text) }),
  );
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return commands.exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    const failure = error instanceof CliError ? error : new CliError('INTERNAL', error instanceof Error ? error.message : String(error));
    new Printer(io, argv.includes('--json')).failure(failure);
    return exitCodeOf(failure.code);
  }
}
