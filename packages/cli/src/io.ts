import type { PartView } from './doctor/part-view.js';

/** All that a command has of the world; specs give another. */
export type Io = {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The root of the clone: its `.countersign` is the default data folder. */
  readonly cloneDir: string;
  readonly stdout: Output;
  readonly stderr: Output;
  /** Whether a person sits at both ends and can be asked. */
  readonly isInteractive: boolean;
  readonly readStdin: () => Promise<string>;
  readonly ask: (question: string) => Promise<string>;
  readonly sleep: (ms: number) => Promise<void>;
  readonly now: () => number;
  /** Does the work at Ctrl-C, or when nobody reads stdout any more, in place of ending; answers how to undo that. */
  readonly onInterrupt: (work: () => void) => () => void;
  /** Whether the engine holds the sandbox image of this clone. */
  readonly inspectSandboxImage: () => Promise<PartView>;
  /** Whether bubblewrap really isolates a program here. */
  readonly inspectBubblewrap: () => Promise<PartView & { readonly how?: string }>;
};

export type Output = { readonly isTty: boolean; write(text: string): void };
