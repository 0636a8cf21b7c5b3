import { readFile } from 'node:fs/promises';

import { GATE_SETTINGS, GATES, isErrorCode } from '@countersign/domain';
import { Command, InvalidArgumentError } from 'commander';

import { CliError, usage } from '../cli-error.js';
import type { Commands, Context } from '../context.js';
import { renderFields, renderTable } from '../table.js';

type Project = {
  readonly id: string;
  readonly name: string;
  readonly repo: string;
  readonly bare: string;
  readonly branch: string;
  readonly settings: { readonly gates: Record<string, string> };
  readonly import: { readonly state: 'importing' | 'ready' | 'failed'; readonly progress: string; readonly code: string | null; readonly message: string | null };
  readonly bringHome: readonly string[];
};
type Flags = { repo?: string; branch?: string; setupCommand?: string; testCommand?: string; gate?: Record<string, string>; policy?: string };

const FIELDS = 'id name repo bare branch settings { gates { spec plan diff merge } } import { state progress code message } bringHome';
const LIST = `query ($after: String) { projects(first: 100, after: $after) { edges { node { ${FIELDS} } } pageInfo { hasNextPage endCursor } } }`;
const SHOW = `query ($name: String!) { project(name: $name) { ${FIELDS} } }`;

const POLL_MS = 500;
const IMPORT_DEADLINE_MS = 31 * 60_000;

const toView = ({ settings, import: imported, id, name, repo, bare, branch, bringHome }: Project) => ({
  id, name, repo, bare, branch, gates: settings.gates, import: imported.state, bringHome,
});

function print({ printer }: Context, project: Project): void {
  const view = toView(project);
  const gates = Object.entries(view.gates).map(([gate, setting]) => `${gate}=${setting}`).join(' ');
  const fields = [['name', view.name], ['repo', view.repo], ['bare', view.bare], ['branch', view.branch], ['gates', gates], ['import', view.import]] as const;
  const home = view.bringHome.length > 0 ? `\nTo bring a merged result home:\n${view.bringHome.map((line) => `  ${line}\n`).join('')}` : '';
  printer.answer(view, () => renderFields(fields) + home);
}

function collectGate(text: string, before: Record<string, string> = {}): Record<string, string> {
  const [gate = '', setting = ''] = text.split('=');
  if (!(GATES as readonly string[]).includes(gate) || !(GATE_SETTINGS as readonly string[]).includes(setting)) {
    throw new InvalidArgumentError(`Say <gate>=<setting>: ${GATES.join(', ')} and ${GATE_SETTINGS.join(', ')}.`);
  }
  return { ...before, [gate]: setting };
}

async function inputOf(name: string, { branch, setupCommand, testCommand, gate, policy }: Flags): Promise<Record<string, unknown>> {
  const settings = {
    ...(gate ? { gates: gate } : {}),
    ...(setupCommand === undefined ? {} : { setupCommand: setupCommand || null }),
    ...(testCommand === undefined ? {} : { testCommand: testCommand || null }),
  };
  const text = policy === undefined ? undefined : await readFile(policy, 'utf8').catch(() => undefined);
  if (policy !== undefined && text === undefined) throw usage(`--policy: ${policy} cannot be read`, 'policy');
  return {
    name,
    ...(branch === undefined ? {} : { branch }),
    ...(Object.keys(settings).length > 0 ? { settings } : {}),
    ...(text === undefined ? {} : { policy: text }),
  };
}

/** Waits for the import, saying how far it is. */
async function imported(context: Context, added: Project): Promise<Project> {
  const { gateway, io, printer } = context;
  const until = io.now() + IMPORT_DEADLINE_MS;
  let project = added;
  let said = '';
  while (project.import.state === 'importing') {
    if (io.now() > until) throw new CliError('DEADLINE_EXCEEDED', `${project.name} is still being imported: see \`project show ${project.name}\``);
    if (project.import.progress !== said) printer.note((said = project.import.progress));
    await io.sleep(POLL_MS);
    project = (await gateway.run<{ project: Project }>(SHOW, { name: added.id })).project;
  }
  if (project.import.state === 'ready') return project;
  const { code, message } = project.import;
  throw new CliError(isErrorCode(code) ? code : 'GIT_FAILED', message ?? 'The repository could not be imported', 'repo');
}

async function add(context: Context, [name = '']: readonly string[], flags: Flags): Promise<void> {
  const input = { ...(await inputOf(name, flags)), repo: flags.repo };
  const document = `mutation ($input: AddProjectInput!) { addProject(input: $input) { ${FIELDS} } }`;
  const { addProject } = await context.gateway.run<{ addProject: Project }>(document, { input });
  print(context, await imported(context, addProject));
}

async function set(context: Context, [name = '']: readonly string[], flags: Flags): Promise<void> {
  if (flags.repo !== undefined) throw usage("--repo: a project's source cannot be changed; add another project", 'repo');
  const document = `mutation ($input: SetProjectInput!) { setProject(input: $input) { ${FIELDS} } }`;
  const { setProject } = await context.gateway.run<{ setProject: Project }>(document, { input: await inputOf(name, flags) });
  print(context, setProject);
}

async function list({ gateway, printer }: Context): Promise<void> {
  const items: ReturnType<typeof toView>[] = [];
  let after: string | null = null;
  do {
    type Page = { projects: { edges: { node: Project }[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } } };
    const { projects }: Page = await gateway.run<Page>(LIST, { after });
    items.push(...projects.edges.map(({ node }) => toView(node)));
    after = projects.pageInfo.hasNextPage ? projects.pageInfo.endCursor : null;
  } while (after !== null);
  printer.answer({ items }, () => renderTable(['name', 'branch', 'import', 'repo'], items.map((item) => [item.name, item.branch, item.import, item.repo])));
}

function flags(command: Command, repo: string): Command {
  return command
    .argument('<name>')
    .addOption(command.createOption('--repo <path or url>', repo))
    .option('--branch <branch>', "the target branch; default: the repository's own")
    .option('--setup-command <command>', 'runs in the sandbox before the tests')
    .option('--test-command <command>', 'the check that must pass; run in the sandbox')
    .option('--gate <gate=setting>', `${GATES.join(', ')} = ${GATE_SETTINGS.join(', ')}; may be repeated`, collectGate)
    .option('--policy <file>', 'Cedar policies that decide gates set to policy');
}

export function projectCommands(commands: Commands): Command[] {
  const show = commands.make('show <name>', 'One project.', async (context, [name]) =>
    print(context, (await context.gateway.run<{ project: Project }>(SHOW, { name })).project),
  );
  return [
    new Command('project').description('Repositories that changes can be asked for.')
      .addCommand(commands.make<Flags>('add', 'Import a repository. The source is never written.', add, (command) => {
        const shaped = flags(command, 'a path below the allowed roots, or an https or ssh URL');
        shaped.options.find(({ long }) => long === '--repo')?.makeOptionMandatory();
        return shaped;
      }))
      .addCommand(commands.make<Flags>('set', 'Change settings; what is not named keeps its value.', set, (command) => flags(command, 'cannot be changed')))
      .addCommand(commands.make('list', 'Every project.', list))
      .addCommand(show),
  ];
}
