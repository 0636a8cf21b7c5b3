import { isErrorCode } from '@countersign/domain';
import { Command } from 'commander';

import { CliError, usage } from '../cli-error.js';
import type { Commands, Context } from '../context.js';
import { renderFields, renderTable } from '../table.js';
import { projectInput, withProjectFlags, type ProjectFlags } from './project-flags.js';

type Project = {
  readonly id: string;
  readonly name: string;
  readonly repo: string;
  readonly bare: string;
  readonly branch: string;
  readonly settings: {
    readonly gates: Record<string, string>;
    readonly image: string | null;
    readonly models: Record<string, string | null>;
    readonly egress: Record<'setup' | 'execute', readonly { readonly host: string; readonly port: number; readonly methods: readonly string[]; readonly tunnel: boolean; readonly credential: string | null }[]>;
  };
  readonly import: { readonly state: 'importing' | 'ready' | 'failed'; readonly progress: string; readonly code: string | null; readonly message: string | null };
  readonly bringHome: readonly string[];
};

const FIELDS = 'id name repo bare branch settings { gates { spec plan diff merge } image models { all spec plan execute review chat } egress { setup { ...Rule } execute { ...Rule } } } import { state progress code message } bringHome';
const RULE = 'fragment Rule on EgressRule { host port methods tunnel credential }';
const LIST = `${RULE} query ($after: String) { projects(first: 100, after: $after) { edges { node { ${FIELDS} } } pageInfo { hasNextPage endCursor } } }`;
const SHOW = `${RULE} query ($name: String!) { project(name: $name) { ${FIELDS} } }`;

const POLL_MS = 500;
const IMPORT_DEADLINE_MS = 31 * 60_000;

const toView = ({ settings, import: imported, id, name, repo, bare, branch, bringHome }: Project) => ({
  id, name, repo, bare, branch, gates: settings.gates, image: settings.image, models: settings.models, egress: settings.egress, import: imported.state, bringHome,
});

function print({ printer }: Context, project: Project): void {
  const view = toView(project);
  const gates = Object.entries(view.gates).map(([gate, setting]) => `${gate}=${setting}`).join(' ');
  const models = Object.entries(view.models).flatMap(([stage, id]) => (id === null ? [] : [`${stage}=${id}`])).join(' ');
  const reaches = (['setup', 'execute'] as const).flatMap((phase) =>
    view.egress[phase].map(({ host, port, methods, tunnel }) => `${phase}=${host}:${port} ${tunnel ? 'tunnel, not inspected' : methods.join(' ')}`),
  );
  const fields = [
    ['name', view.name],
    ['repo', view.repo],
    ['bare', view.bare],
    ['branch', view.branch],
    ['gates', gates],
    ['models', models || "the installation's own"],
    ['image', view.image ?? "the installation's own"],
    ['network', reaches.join('; ') || 'none'],
    ['import', view.import],
  ] as const;
  const home = view.bringHome.length > 0 ? `\nTo bring a merged result home:\n${view.bringHome.map((line) => `  ${line}\n`).join('')}` : '';
  printer.answer(view, () => renderFields(fields) + home);
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

async function add(context: Context, [name = '']: readonly string[], flags: ProjectFlags): Promise<void> {
  const input = { ...(await projectInput(name, flags)), repo: flags.repo };
  const document = `${RULE} mutation ($input: AddProjectInput!) { addProject(input: $input) { ${FIELDS} } }`;
  const { addProject } = await context.gateway.run<{ addProject: Project }>(document, { input });
  print(context, await imported(context, addProject));
}

async function set(context: Context, [name = '']: readonly string[], flags: ProjectFlags): Promise<void> {
  if (flags.repo !== undefined) throw usage("--repo: a project's source cannot be changed; add another project", 'repo');
  const document = `${RULE} mutation ($input: SetProjectInput!) { setProject(input: $input) { ${FIELDS} } }`;
  const { setProject } = await context.gateway.run<{ setProject: Project }>(document, { input: await projectInput(name, flags) });
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

export function projectCommands(commands: Commands): Command[] {
  const show = commands.make('show <name>', 'One project.', async (context, [name]) =>
    print(context, (await context.gateway.run<{ project: Project }>(SHOW, { name })).project),
  );
  return [
    new Command('project').description('Repositories that changes can be asked for.')
      .addCommand(commands.make<ProjectFlags>('add', 'Import a repository. The source is never written.', add, (command) => {
        const shaped = withProjectFlags(command, 'a path below the allowed roots, or an https or ssh URL');
        shaped.options.find(({ long }) => long === '--repo')?.makeOptionMandatory();
        return shaped;
      }))
      .addCommand(commands.make<ProjectFlags>('set', 'Change settings; what is not named keeps its value.', set, (command) => withProjectFlags(command, 'cannot be changed')))
      .addCommand(commands.make('list', 'Every project.', list))
      .addCommand(show),
  ];
}
