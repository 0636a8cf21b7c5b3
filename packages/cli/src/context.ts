import { Command } from 'commander';

import { GatewayClient } from './gateway-client.js';
import type { Io } from './io.js';
import { Printer } from './printer.js';
import { ProfileFile } from './profile.js';

/** What one run of one command works with. */
export type Context = {
  readonly io: Io;
  readonly printer: Printer;
  readonly profile: ProfileFile;
  readonly gateway: GatewayClient;
  /** How the process ends; 0 unless the command sets another. */
  exitCode: number;
};

export type CommonOptions = { readonly json?: boolean; readonly profile?: string };
type Work<Options> = (context: Context, args: readonly string[], options: Options) => Promise<void>;

/** Collects commands over one world; `exitCode` is the last run's. */
export class Commands {
  exitCode = 0;

  constructor(private readonly io: Io) {}

  /** A command with the options that every command has. Its failures are thrown to whoever runs the program. */
  make<Options extends object>(usage: string, description: string, work: Work<Options>, shape = (command: Command) => command): Command {
    const command = shape(new Command(usage.split(' ')[0]).description(description));
    usage.split(' ').slice(1).forEach((argument) => command.argument(argument));
    return command
      .option('--json', 'print one JSON document on stdout; everything else goes to stderr')
      .option('--profile <name>', 'whose tokens to use (also COUNTERSIGN_PROFILE; default "default")')
      .action(async () => {
        const options = command.opts<Options & CommonOptions>();
        const context = contextOf(this.io, options);
        await work(context, command.processedArgs as string[], options);
        this.exitCode = context.exitCode;
      });
  }
}

export function contextOf(io: Io, { json, profile }: CommonOptions): Context {
  const file = new ProfileFile(profile ?? (io.env['COUNTERSIGN_PROFILE'] || 'default'), io);
  return { io, printer: new Printer(io, json ?? false), profile: file, gateway: new GatewayClient(io, file), exitCode: 0 };
}
