import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto';
import { link, mkdir, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { AppError } from '@countersign/domain';
import { errnoOf } from '@countersign/platform';
import { keyIdOf } from '@countersign/verify';

import type { KeyPurpose, KeyStorePort, Signer } from './signer.port.js';

const ROOT = 'root.key';
/** What others pin: PEM. */
const ROOT_PUBLIC_KEY_FILE = 'root.pub';

/** Private keys as PKCS #8 PEM files of mode 0600 in one folder of mode 0700. Whoever is root on this machine can read them. */
export class FileKeyStore implements KeyStorePort {
  constructor(private readonly dir: string) {}

  async create(purpose: KeyPurpose): Promise<Signer> {
    const { privateKey } = generateKeyPairSync('ed25519');
    const signer = new KeyObjectSigner(privateKey);
    await this.keep(`${purpose}-${signer.keyId}.key`, pemOf(privateKey));
    return signer;
  }

  async open(purpose: KeyPurpose, keyId: string): Promise<Signer | undefined> {
    const signer = await this.read(`${purpose}-${keyId}.key`);
    if (signer && signer.keyId !== keyId) throw new AppError('CONFIG_INVALID', `${join(this.dir, `${purpose}-${keyId}.key`)} holds another key than its name says`);
    return signer;
  }

  async rootPublicKey(): Promise<Uint8Array> {
    const found = await this.readPublic();
    if (found) return found;
    await this.keep(ROOT, pemOf(generateKeyPairSync('ed25519').privateKey));
    const root = await this.root();
    if (!root) throw new AppError('CONFIG_INVALID', `The root key ${join(this.dir, ROOT)} vanished while it was made`);
    await this.keep(ROOT_PUBLIC_KEY_FILE, publicPem(root.publicKey));
    return root.publicKey;
  }

  async root(): Promise<Signer | undefined> {
    const root = await this.read(ROOT);
    const pinned = await this.readPublic();
    if (root && pinned && !Buffer.from(pinned).equals(root.publicKey)) {
      throw new AppError('CONFIG_INVALID', `${join(this.dir, ROOT)} is not the private half of ${join(this.dir, ROOT_PUBLIC_KEY_FILE)}`);
    }
    return root;
  }

  private async readPublic(): Promise<Uint8Array | undefined> {
    const pem = await this.text(ROOT_PUBLIC_KEY_FILE);
    return pem === undefined ? undefined : rawPublicKey(createPublicKey(pem));
  }

  private async read(name: string): Promise<Signer | undefined> {
    const pem = await this.text(name);
    return pem === undefined ? undefined : new KeyObjectSigner(createPrivateKey(pem));
  }

  private async text(name: string): Promise<string | undefined> {
    try {
      return await readFile(join(this.dir, name), 'utf8');
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return undefined;
      throw new AppError('CONFIG_INVALID', `${join(this.dir, name)} cannot be read (${errnoOf(error) ?? 'unknown'})`, { cause: error });
    }
  }

  /** On disk, whole, before it is used; of two that make the same file the first one's stays. */
  private async keep(name: string, text: string): Promise<void> {
    await mkdir(this.dir, { recursive: true, mode: 0o700 });
    const draft = join(this.dir, `.${randomUUID()}`);
    const file = await open(draft, 'wx', 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
      await link(draft, join(this.dir, name));
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw error;
    } finally {
      await file.close();
      await rm(draft, { force: true });
    }
  }
}

class KeyObjectSigner implements Signer {
  readonly publicKey: Uint8Array;
  readonly keyId: string;

  constructor(private readonly key: KeyObject) {
    if (key.asymmetricKeyType !== 'ed25519') throw new AppError('CONFIG_INVALID', 'A signing key must be an Ed25519 key');
    this.publicKey = rawPublicKey(createPublicKey(key));
    this.keyId = keyIdOf(this.publicKey);
  }

  sign(bytes: Uint8Array): Promise<Buffer> {
    return Promise.resolve(sign(null, bytes, this.key));
  }
}

function rawPublicKey(key: KeyObject): Uint8Array {
  const { crv, x } = key.export({ format: 'jwk' });
  if (crv !== 'Ed25519' || x === undefined) throw new AppError('CONFIG_INVALID', 'The root key must be an Ed25519 key');
  return Buffer.from(x, 'base64url');
}

function publicPem(raw: Uint8Array): string {
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(raw).toString('base64url') };
  return createPublicKey({ key: jwk, format: 'jwk' }).export({ type: 'spki', format: 'pem' }).toString();
}

function pemOf(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}
