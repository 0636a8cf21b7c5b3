/** What `doctor` and the start page say about a part. `fix` is what to type where it is not ok. */
export type PartInfo = {
  readonly name: string;
  readonly ok: boolean;
  readonly version: string;
  /** A program's path, else an address. */
  readonly where: string;
  /** Where its data is, for a part that keeps some. */
  readonly data?: string;
  readonly fix?: string;
};

/**
 * Something outside that this installation needs.
 *
 * `start` returns once the part answers; a part that is missing and that other things can wait for answers `ok: false`
 * instead of throwing. `stop` leaves no process behind and may be called at any time, twice too.
 */
export interface Part {
  readonly name: string;
  start(): Promise<PartInfo>;
  stop(): Promise<void>;
}
