import { isIP } from 'node:net';

import type { EgressRule } from '@countersign/domain';

/** `*.example.org` is every name below it, never the name itself and never an address. */
export function matchesHost(pattern: string, host: string): boolean {
  if (!pattern.startsWith('*.')) return pattern === host;
  const suffix = pattern.slice(1);
  return isIP(host) === 0 && host.length > suffix.length && host.endsWith(suffix);
}

export function rulesFor(rules: readonly EgressRule[], { host, port }: { readonly host: string; readonly port: number }): readonly EgressRule[] {
  return rules.filter((rule) => rule.port === port && matchesHost(rule.host, host));
}

/** Of the rules for a host the first that names the method. A tunnel's rule reads no method and therefore allows none here. */
export function ruleForMethod(rules: readonly EgressRule[], method: string): EgressRule | undefined {
  return rules.find((rule) => !rule.tunnel && rule.methods.includes(method));
}

/** How a rule is named to people: in the plan, on pages, in refusals. */
export function ruleText({ host, port, methods, tunnel }: EgressRule): string {
  return tunnel ? `${host}:${port} (tunnel, not inspected)` : `${host}:${port} (${methods.join(', ')})`;
}
