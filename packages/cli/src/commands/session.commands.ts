import type { Command } from 'commander';

import { addressOf } from '../addresses.js';
import { CliError } from '../cli-error.js';
import type { Commands, Context } from '../context.js';
import { signInByDevice } from '../device-sign-in.js';
import { signInAs } from '../operator-issuer.js';
import type { Profile } from '../profile.js';
import { revoked } from '../session-tokens.js';
import { renderFields } from '../table.js';

type Me = { readonly subject: string; readonly roles: readonly string[]; readonly tenant: string | null };

async function askMe({ gateway }: Context): Promise<Me> {
  const { me } = await gateway.run<{ me: Me }>('{ me { subject roles tenant } }');
  return { subject: me.subject, roles: me.roles, tenant: me.tenant };
}

function print({ printer }: Context, me: Me): void {
  printer.answer(me, () => renderFields([['person', me.subject], ['roles', me.roles.join(', ') || 'none'], ['tenant', me.tenant]]));
}

type LoginFlags = { readonly as?: string };

async function signedIn({ io, printer }: Context, person: string | undefined): Promise<Profile> {
  const issuer = await addressOf('issuer', io);
  const clientId = io.env['COUNTERSIGN_CLIENT_ID'] || 'cli';
  const unknown = { issuer, clientId, subject: person ?? '', tenant: null, roles: [] };
  if (person !== undefined) return { ...unknown, ...(await signInAs(person, issuer, io)), signIn: 'operator' };
  return { ...unknown, ...(await signInByDevice(issuer, clientId, io, (text) => printer.note(text))), signIn: 'device' };
}

async function login(context: Context, _: readonly string[], { as: person }: LoginFlags): Promise<void> {
  const { profile } = context;
  const made = await signedIn(context, person);
  await profile.locked(() => profile.write(made));
  const me = await askMe(context);
  await profile.locked(async () => profile.write({ ...((await profile.read()) ?? made), ...me, roles: [...me.roles] }));
  print(context, me);
}

async function logout(context: Context): Promise<void> {
  const { profile, printer } = context;
  const held = await profile.read();
  if (!held) throw new CliError('UNAUTHENTICATED', 'Not signed in');
  await profile.locked(() => profile.remove());
  await revoked(held).catch(() => printer.note('The identity provider was not reached; its token runs out by itself.'));
  print(context, { subject: held.subject, roles: held.roles, tenant: held.tenant });
}

export function sessionCommands(commands: Commands): Command[] {
  return [
    commands.make<LoginFlags>(
      'login',
      'Sign in by a browser: prints an address and a code to type there, and waits. With `--as`, sign in as a sample person without one; that works for whoever can read the data folder, and decisions made this way are labelled local-operator.',
      login,
      (command) => command.option('--as <person>', 'admin, maintainer, reviewer or observer'),
    ),
    commands.make('whoami', 'Who is signed in, and with which roles.', async (context) => print(context, await askMe(context))),
    commands.make('logout', 'Sign out and forget the tokens.', logout),
  ];
}
