import type { PlanStep, PlannedFile } from '@countersign/domain';
import { planSchema } from '@countersign/domain/schema';
import type { z } from 'zod';

import { schemaIssues } from './drafting.js';
import type { AgentWorkspacePort } from './ports/agent-workspace.port.js';
import { isLfsPointer } from './tools/text-file.js';

/** What a model writes; risk, checks, commands, rules and author are ours to say. */
export const planDraftSchema = planSchema.pick({ summary: true, steps: true, notes: true });
export type PlanDraft = z.infer<typeof planDraftSchema>;

const SUBMODULE = '160000';
const LINK = '120000';
/** Pointer files are smaller than this, and larger than their own first line. */
const POINTER_BYTES = { least: 50, most: 1024 } as const;
/** The tools refuse pointers as well: looking at some of very many files is enough to be told early. */
const MAX_POINTERS_READ = 200;
const MAX_ISSUES = 20;

type Entry = Awaited<ReturnType<AgentWorkspacePort['list']>>[number];

/** The files as the plan's steps leave them one after the other. */
class PlannedTree {
  private readonly base: ReadonlyMap<string, Entry>;
  private readonly present: Set<string>;
  private readonly submodules: readonly string[];

  constructor(entries: readonly Entry[]) {
    this.base = new Map(entries.map((entry) => [entry.path, entry]));
    this.present = new Set(entries.filter(({ mode }) => mode !== SUBMODULE).map(({ path }) => path));
    this.submodules = entries.filter(({ mode }) => mode === SUBMODULE).map(({ path }) => path);
  }

  /** Why a file cannot be touched like this; undefined where it can, and then it is. */
  touch({ path, change }: PlannedFile): string | undefined {
    const submodule = this.submodules.find((folder) => path === folder || path.startsWith(`${folder}/`));
    if (submodule !== undefined) return `${path} belongs to the submodule ${submodule}, which stays untouched`;
    if (path === '.gitmodules') return '.gitmodules says where submodules come from and stays untouched';
    if (change === 'add') return this.add(path);
    if (!this.present.has(path)) return `${path} is not in the repository at this point, so it cannot be ${change === 'edit' ? 'edited' : 'deleted'}`;
    if (change === 'edit' && this.base.get(path)?.mode === LINK) return `${path} is a symbolic link, which cannot be edited`;
    if (change === 'delete') this.present.delete(path);
    return undefined;
  }

  isBaseFile(path: string): Entry | undefined {
    return this.base.get(path);
  }

  private add(path: string): string | undefined {
    if (this.present.has(path)) return `${path} exists already; its change is "edit"`;
    const parts = path.split('/');
    const above = parts.map((_, length) => parts.slice(0, length).join('/')).find((folder) => folder !== '' && this.present.has(folder));
    if (above !== undefined) return `${path} cannot be added: ${above} is a file`;
    this.present.add(path);
    return undefined;
  }
}

function commandIssues(step: PlanStep, number: number): readonly string[] {
  const joined = step.commands.filter(([program = '', ...args]) => program.trim() === '' || (args.length === 0 && /\s/.test(program)));
  return joined.map((argv) => `steps.${number}.commands: ${JSON.stringify(argv).slice(0, 200)} must name the program and each argument apart`);
}

/** What of a plan does not fit its schema or the repository at the base commit; none where it can be carried out. */
export async function planIssues(workspace: Pick<AgentWorkspacePort, 'list' | 'read'>, baseCommit: string, output: unknown): Promise<readonly string[]> {
  const broken = schemaIssues(planDraftSchema, output);
  if (broken.length > 0) return broken;
  const { steps } = planDraftSchema.parse(output);
  const tree = new PlannedTree(await workspace.list(baseCommit));
  const issues = steps.flatMap((step, number) => [
    ...step.files.flatMap((file, at) => tree.touch(file)?.replace(/^/, `steps.${number}.files.${at}: `) ?? []),
    ...commandIssues(step, number),
  ]);
  const candidates = [...new Set(steps.flatMap((step) => step.files.map(({ path }) => path)))].flatMap((path) => tree.isBaseFile(path) ?? []);
  const small = candidates.filter(({ bytes, mode }) => mode !== LINK && bytes >= POINTER_BYTES.least && bytes < POINTER_BYTES.most);
  for (const { path } of small.slice(0, MAX_POINTERS_READ)) {
    const bytes = await workspace.read(baseCommit, path);
    if (bytes && isLfsPointer(bytes)) issues.push(`${path} is a Git LFS pointer and stays untouched`);
  }
  return issues.length > MAX_ISSUES ? [...issues.slice(0, MAX_ISSUES), `and ${issues.length - MAX_ISSUES} more`] : issues;
}
