export type KeptNote = { readonly size: number; readonly note: string };

/** Keeps each checkpoint outside the database, so that a database set back or cut short contradicts it. */
export interface CheckpointKeeper {
  /** The note is there, whole, after a crash. The same one twice is no change. */
  keep(origin: string, size: number, note: string): Promise<void>;
  /** The one of the largest size that was kept of this log. */
  newest(origin: string): Promise<KeptNote | null>;
}
