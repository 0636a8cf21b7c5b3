import { ROLES } from '@countersign/domain';
import { Argument, Command } from 'commander';

import type { Commands, Context } from '../context.js';
import { renderTable } from '../table.js';

type Person = { readonly subject: string; readonly active: boolean; readonly grants: readonly { role: string; project: string }[] };

const FIELDS = 'subject active grants { role project }';
const PEOPLE = `query ($after: String) { people(first: 100, after: $after) { edges { node { ${FIELDS} } } pageInfo { hasNextPage endCursor } } }`;

const rolesOf = ({ grants }: Person): string[] => grants.map(({ role, project }) => (project === '*' ? role : `${role}@${project}`));
const toView = (person: Person) => ({ person: person.subject, active: person.active, roles: rolesOf(person) });
type View = ReturnType<typeof toView>;

const table = (views: readonly View[]): string =>
  renderTable(['person', 'active', 'roles'], views.map(({ person, active, roles }) => [person, active ? 'yes' : 'suspended', roles.join(', ')]));

async function list({ gateway, printer }: Context): Promise<void> {
  const items: View[] = [];
  let after: string | null = null;
  do {
    type Page = { people: { edges: { node: Person }[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } } };
    const { people }: Page = await gateway.run<Page>(PEOPLE, { after });
    items.push(...people.edges.map(({ node }) => toView(node)));
    after = people.pageInfo.hasNextPage ? people.pageInfo.endCursor : null;
  } while (after !== null);
  printer.answer({ items }, () => table(items));
}

async function change({ gateway, printer }: Context, field: string, type: string, input: object): Promise<void> {
  const answer = await gateway.run<Record<string, Person>>(`mutation ($input: ${type}!) { ${field}(input: $input) { ${FIELDS} } }`, { input });
  const view = toView(answer[field] as Person);
  printer.answer(view, () => table([view]));
}

function roleCommand(commands: Commands, name: 'grant' | 'revoke', description: string): Command {
  return commands.make<{ project?: string }>(
    name,
    description,
    (context, [person, role], { project }) => change(context, `${name}Role`, 'RoleInput', { person, role, project: project ?? null }),
    (command) =>
      command
        .argument('<person>')
        .addArgument(new Argument('<role>').choices([...ROLES]))
        .option('--project <name>', 'only there; without it everywhere'),
  );
}

export function personCommands(commands: Commands): Command[] {
  const suspend = commands.make('suspend <person>', 'Nothing is allowed to them any more, from the next call on.', (context, [person]) =>
    change(context, 'suspendPerson', 'PersonInput', { person }),
  );
  const restore = commands.make('restore <person>', 'Lift a suspension.', (context, [person]) => change(context, 'restorePerson', 'PersonInput', { person }));
  return [
    new Command('person').description('People of this installation (admin).')
      .addCommand(commands.make('list', 'Everybody, with their roles.', list))
      .addCommand(suspend)
      .addCommand(restore),
    new Command('role').description('Roles of people (admin).')
      .addCommand(roleCommand(commands, 'grant', 'Give a role.'))
      .addCommand(roleCommand(commands, 'revoke', 'Take a role away.')),
  ];
}
