/** When a sandbox may reach the network: `setup` runs the project's set-up command, `execute` the agent's commands and the tests. */
export const EGRESS_PHASES = ['setup', 'execute'] as const;
export type EgressPhase = (typeof EGRESS_PHASES)[number];

/** What one host may be asked. Everything that no rule names is refused. */
export type EgressRule = {
  /** A host name, lower case; `*.example.org` is every name below it, not itself. */
  readonly host: string;
  readonly port: number;
  /** HTTP methods in upper case. Not looked at for a tunnel. */
  readonly methods: readonly string[];
  /** Passed through without being read: no method rule, no credential; shown as such. */
  readonly tunnel: boolean;
  /** Name of a credential of the installation that is put into requests outside the sandbox. */
  readonly credential: string | null;
};

export type EgressSettings = { readonly [P in EgressPhase]: readonly EgressRule[] };

export const NO_EGRESS: EgressSettings = { setup: [], execute: [] };
