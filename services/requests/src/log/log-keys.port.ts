import type { KeyList } from '@countersign/verify';

import type { Signer } from '../signing/signer.port.js';

/** The keys of checkpoints: the one that signs now, and the list that judges earlier ones. */
export interface LogKeys {
  readonly list: KeyList;
  signer(purpose: 'log'): Promise<Signer>;
  /** Takes over a list that another process published. */
  refresh(): Promise<void>;
}
