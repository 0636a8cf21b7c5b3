export type PartErrorCode =
  | 'PORT_TAKEN'
  | 'PART_NOT_READY'
  | 'PART_MISSING'
  | 'DATA_FOLDER_NEWER'
  | 'DATA_FOLDER_DAMAGED';

/** A part that cannot be started. `fix` says what to type; both are shown to whoever ran the command. */
export class PartError extends Error {
  override readonly name = 'PartError';

  constructor(
    readonly code: PartErrorCode,
    message: string,
    readonly fix: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
