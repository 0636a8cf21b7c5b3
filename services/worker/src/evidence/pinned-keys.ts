import { AppError } from '@countersign/domain';
import { type KeyList, readKeyList, VerifyFault } from '@countersign/verify';

/** Remembers the highest number of a list of keys, so that an older list is not believed after a restart either. */
export interface SeenNumbersPort {
  highest(): Promise<number>;
  /** Never lowers it. */
  raise(number: number): Promise<void>;
}

/** The lists of keys that a worker believes: signed by the root key that it was given, and none older than one it saw. */
export class PinnedKeys {
  private newest: { readonly envelope: string; readonly list: KeyList } | undefined;

  constructor(
    private readonly root: Uint8Array,
    private readonly seen: SeenNumbersPort,
  ) {}

  /** @throws AppError KEYS_REFUSED. */
  async accept(envelope: string): Promise<KeyList> {
    if (this.newest?.envelope === envelope) return this.newest.list;
    const list = this.read(envelope);
    const highest = Math.max(this.newest?.list.number ?? 0, await this.seen.highest());
    if (list.number < highest) {
      throw new AppError('KEYS_REFUSED', `The list of signing keys is number ${list.number}, but number ${highest} was seen before: somebody put back an older one`);
    }
    if (list.number > highest) await this.seen.raise(list.number);
    this.newest = { envelope, list };
    return list;
  }

  private read(envelope: string): KeyList {
    try {
      return readKeyList(envelope, this.root);
    } catch (error) {
      if (!(error instanceof VerifyFault)) throw error;
      throw new AppError('KEYS_REFUSED', `The list of signing keys is not one that the pinned root key signed (${error.code})`, { cause: error });
    }
  }
}
