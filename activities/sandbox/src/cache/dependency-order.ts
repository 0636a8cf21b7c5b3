import type { Project } from '@countersign/domain';

import type { CheckCommands } from '../checks/check-commands.js';

export type DependencyOrder = {
  readonly project: Pick<Project, 'id'>;
  /** Name of the workspace folder. */
  readonly folder: string;
  readonly base: string;
  /** What is checked: the base itself, a change of it, or a tree. */
  readonly commit: string;
  readonly commands: CheckCommands;
};

/** Beside the checkout, for one sandbox alone. */
export function viewOf({ folder }: Pick<DependencyOrder, 'folder'>): string {
  return `${folder}-cache`;
}
