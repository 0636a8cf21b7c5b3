import type { EgressSettings, ProjectSettings } from '@countersign/domain';
import { digestOf } from '@countersign/domain/digest';

/** What is run on a commit. Shell texts are the project's own and run by `sh` inside the sandbox only. */
export type CheckCommands = {
  readonly image: string;
  readonly env: Readonly<Record<string, string>>;
  readonly setup: string | null;
  readonly test: string | null;
  /** What a command may reach decides its outcome as well. */
  readonly egress: EgressSettings;
};

export function commandsOf(settings: ProjectSettings, image: string): CheckCommands {
  const { env, setupCommand, testCommand, egress } = settings;
  return { image, env, setup: emptyIsNone(setupCommand), test: emptyIsNone(testCommand), egress };
}

/** Key of the one fact of a commit: what else decides the verdict is the commands and what they did on the base. */
export function checksKey(commit: string, base: string, commands: CheckCommands): string {
  return `checks:${commit}:${digestOf({ base, commands })}`;
}

export function baseChecksKey(base: string, commands: CheckCommands): string {
  return `checks-base:${base}:${digestOf({ commands })}`;
}

function emptyIsNone(command: string | null): string | null {
  return command === null || command.trim() === '' ? null : command;
}
