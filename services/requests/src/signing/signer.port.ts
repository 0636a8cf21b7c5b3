export const KEY_PURPOSES = ['decision', 'log'] as const;
export type KeyPurpose = (typeof KEY_PURPOSES)[number];

/** An Ed25519 key that can be used and not read. */
export interface Signer {
  /** RFC 7638 thumbprint. */
  readonly keyId: string;
  /** The raw 32 bytes. */
  readonly publicKey: Uint8Array;
  /** The 64 bytes of an Ed25519 signature (RFC 8032). */
  sign(bytes: Uint8Array): Promise<Buffer>;
}

/** Where private keys are. What it answers can sign and never shows a private key. */
export interface KeyStorePort {
  /** Makes a key. It is there after a crash, or was never answered. */
  create(purpose: KeyPurpose): Promise<Signer>;
  open(purpose: KeyPurpose, keyId: string): Promise<Signer | undefined>;
  /** The public half of the root key, which signs key lists. Made at first use, with its private half. */
  rootPublicKey(): Promise<Uint8Array>;
  /** Undefined where the root key is kept elsewhere. */
  root(): Promise<Signer | undefined>;
}
