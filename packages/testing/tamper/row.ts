import type { Entry, World } from './world.js';

export const CLASSES = ['refused', 'dropped', 'fenced', 'detected', 'no effect'] as const;
export type TamperClass = (typeof CLASSES)[number];

/**
 * What an attack on the real stack came to; every member is something that was looked at, none is a promise.
 *
 * - refused: a code, an audit entry, and an honest decision works afterwards. Where there is no verified person and so no
 *   tenant to enter it for, a counter grew in place of the entry. What the validator of an update refuses leaves no trace
 *   anywhere (row 11): neither history nor audit have changed.
 * - dropped: a well-formed update was accepted by the validator, dropped and audited at `closeGate`; the honest vote counts.
 * - fenced: whoever is not the owner run gets its code from every service it calls, it is audited, and nothing moved.
 * - detected: `verify` names it, integration stops, push and merge answer LOG_BROKEN, all works after the recovery.
 * - no effect: a canary shows that nothing happened.
 */
export type Seen =
  | { readonly class: 'refused'; readonly code: string; readonly left: Entry | { readonly counterGrewBy: number } | { readonly isUntouched: boolean }; readonly worksAfterwards: boolean }
  | { readonly class: 'dropped'; readonly wasAccepted: boolean; readonly code: string; readonly left: Entry; readonly honestVoteCounts: boolean }
  | { readonly class: 'fenced'; readonly codes: readonly string[]; readonly left: Entry; readonly moved: boolean }
  | {
      readonly class: 'detected';
      /** `verify` on an export made after the attack. */
      readonly exitCode: number;
      readonly where: string;
      readonly integrationStopped: boolean;
      /** Why a push or merge waits. */
      readonly code: string;
      readonly worksAfterRecovery: boolean;
    }
  | { readonly class: 'no effect'; readonly canary: string; readonly happened: boolean; readonly worksAfterwards: boolean };

/** Whether the attack came through, at the lowest level where it then works: first as built, then with *allow* in the guard's place. */
export type GuardOff = { readonly asBuilt: boolean; readonly allowed: boolean };

/** One attack: a file of `rows/`, named by its number in issue 5, section 6. */
export type Row = {
  readonly number: number;
  readonly title: string;
  readonly class: TamperClass;
  /** The function that is off in the guard-off run, as the code names it; for a property, what its mutation does. */
  readonly guard: string;
  /** The defence is a property and no function: the run is on a mutation of it, which lies in this folder. */
  readonly isMutation?: true;
  /** It breaks what it runs on, so it takes turns with others of its kind on a second installation (`onScratch`). */
  readonly breaks?: true;
  /** The same without the attack; it succeeds, or the test of the attack would prove nothing. */
  control(world: World): Promise<void>;
  attack(world: World): Promise<Seen>;
  guardOff(): Promise<GuardOff>;
};
