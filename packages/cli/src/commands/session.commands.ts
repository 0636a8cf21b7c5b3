import type { Command } from 'commander';

import { addressOf } from '../addresses.js';
import { CliError } from '../cli-error.js';
import type { Commands, Context } from '../context.js';
import { revokeTokens, signInAs } from '../operator-issuer.js';
import { renderFields } from '../table.js';

type Me = { readonly subject: string; readonly roles: readonly string[]; readonly tenant: string | null };

async function askMe({ gateway }: Context): Promise<Me> {
  const { me } = await gateway.run<{ me: Me }>('{ me { subject roles tenant } }');
  return { subject: me.subject, roles: me.roles, tenant: me.tenant };
}

function print({ printer }: Context, me: Me): void {
  printer.answer(me, () => renderFields([['person', me.subject], ['roles', me.roles.join(', ') || 'none'], ['tenant', me.tenant]]));
}

async function login(context: Context, _: readonly string[], { as: person }: { readonly as: string }): Promise<void> {
  const { io, profile } = context;
  const issuer = await addressOf('issuer', io);
  const tokens = await signInAs(person, issuer, io);
  const unknown = { issuer, subject: person, tenant: null, roles: [] };
  await profile.locked(() => profile.write({ ...unknown, ...tokens }));
  const me = await askMe(context);
  await profile.locked(async () => profile.write({ ...((await profile.read()) ?? { ...unknown, ...tokens }), ...me, roles: [...me.roles] }));
  print(context, me);
}

async function logout(context: Context): Promise<void> {
  const { profile, printer } = context;
  const held = await profile.read();
  if (!held) throw new CliError('UNAUTHENTICATED', 'Not signed in');
  await profile.locked(() => profile.remove());
  await revokeTokens(held.refreshToken, held.issuer).catch(() => printer.note('The identity provider was not reached; its token runs out by itself.'));
  print(context, { subject: held.subject, roles: held.roles, tenant: held.tenant });
}

export function sessionCommands(commands: Commands): Command[] {
  return [
    commands.make<{ as: string }>(
      'login',
      'Sign in as a sample person. Works for whoever can read the data folder; decisions made this way are labelled local-operator.',
      login,
      (command) => command.requiredOption('--as <person>', 'admin, maintainer, reviewer or observer'),
    ),
    commands.make('whoami', 'Who is signed in, and with which roles.', async (context) => print(context, await askMe(context))),
    commands.make('logout', 'Sign out and forget the tokens.', logout),
  ];
}
