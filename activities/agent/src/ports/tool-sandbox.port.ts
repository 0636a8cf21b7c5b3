import type { SandboxDeclaration, SandboxPort, SandboxSession, SandboxSpec } from '@countersign/sandbox';

/** The part of a sandbox that the agent needs. */
export type ToolSandboxPort = Pick<SandboxPort, 'destroy'> & {
  readonly declared: Pick<SandboxDeclaration, 'notEnforced'>;
  open(spec: SandboxSpec): Promise<ToolSandboxSession>;
};

export type ToolSandboxSession = Pick<SandboxSession, 'name' | 'exec' | 'stop'>;
