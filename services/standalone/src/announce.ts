import type { Installation } from './installation.js';

/** What a new user reads at the end of a start. */
export function announcement({ addresses, identity }: Installation, elapsedMs: number): string {
  const passwords = Object.entries(identity.firstPasswords);
  const people =
    passwords.length > 0
      ? ['', 'Sample people (shown once, kept in ' + identity.passwordFile + '):', ...passwords.map(([name, password]) => `  ${name.padEnd(12)} ${password}`)]
      : ['', `Sample people's passwords: ${identity.passwordFile}`];
  return [
    '',
    `Countersign is up after ${(elapsedMs / 1000).toFixed(1)} s.`,
    `  console       ${addresses['console'] ?? 'off (COUNTERSIGN_CONSOLE=off)'}`,
    `  GraphQL       ${addresses['gateway'] ?? ''}/graphql`,
    `  Temporal UI   ${addresses['temporal-ui'] ?? ''}`,
    `  parked plans  ${addresses['temporal-ui'] ?? ''}/namespaces/default/workflows?query=${encodeURIComponent('RequestState="PLAN_REVIEW"')}`,
    `  identity      ${addresses['issuer'] ?? ''}`,
    ...people,
    '',
    'Try: `npm run demo` in a second terminal. Ctrl-C stops everything; nothing is lost.',
    '',
  ].join('\n');
}
