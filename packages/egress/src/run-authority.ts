import { randomBytes, webcrypto } from 'node:crypto';
import { isIP } from 'node:net';

import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  type X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const DAY_MS = 24 * 3_600_000;
/** An execution may take a day, and be paused with its sandbox open. */
const VALID_DAYS = 30;

export type Leaf = { readonly key: string; readonly cert: string };

/** Certificates of one run. The keys are in memory only: nobody signs with them after the run, and no other sandbox trusts them. */
export class RunAuthority {
  readonly #leaves = new Map<string, Promise<Leaf>>();

  private constructor(
    private readonly keys: webcrypto.CryptoKeyPair,
    private readonly certificate: X509Certificate,
    private readonly leafKeys: webcrypto.CryptoKeyPair,
    private readonly leafKeyPem: string,
  ) {}

  static async create(): Promise<RunAuthority> {
    const [keys, leafKeys] = await Promise.all([generateKeys(), generateKeys()]);
    const certificate = await X509CertificateGenerator.createSelfSigned(
      {
        ...validity(),
        name: `CN=Countersign sandbox run ${randomBytes(4).toString('hex')}`,
        keys,
        signingAlgorithm: ALGORITHM,
        extensions: [
          new BasicConstraintsExtension(true, 0, true),
          new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
          await SubjectKeyIdentifierExtension.create(keys.publicKey, false, webcrypto),
        ],
      },
      webcrypto,
    );
    const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', leafKeys.privateKey));
    const pem = `-----BEGIN PRIVATE KEY-----\n${der.toString('base64').replace(/(.{64})/g, '$1\n')}\n-----END PRIVATE KEY-----\n`;
    return new RunAuthority(keys, certificate, leafKeys, pem);
  }

  /** The authority's own certificate, which the sandbox trusts. */
  get pem(): string {
    return `${this.certificate.toString('pem')}\n`;
  }

  leafFor(host: string): Promise<Leaf> {
    const made = this.#leaves.get(host) ?? this.#sign(host);
    this.#leaves.set(host, made);
    return made;
  }

  async #sign(host: string): Promise<Leaf> {
    const certificate = await X509CertificateGenerator.create(
      {
        ...validity(),
        // A common name is too short for some hosts; every client reads the alternative name.
        subject: 'CN=Countersign egress broker',
        issuer: this.certificate.subject,
        publicKey: this.leafKeys.publicKey,
        signingKey: this.keys.privateKey,
        signingAlgorithm: ALGORITHM,
        extensions: [
          new BasicConstraintsExtension(false, undefined, true),
          new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
          new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
          new SubjectAlternativeNameExtension([{ type: isIP(host) === 0 ? 'dns' : 'ip', value: host }]),
          await AuthorityKeyIdentifierExtension.create(this.keys.publicKey, false, webcrypto),
          await SubjectKeyIdentifierExtension.create(this.leafKeys.publicKey, false, webcrypto),
        ],
      },
      webcrypto,
    );
    return { key: this.leafKeyPem, cert: `${certificate.toString('pem')}\n` };
  }
}

function validity() {
  const now = Date.now();
  return { serialNumber: serial(), notBefore: new Date(now - DAY_MS), notAfter: new Date(now + VALID_DAYS * DAY_MS) };
}

/** Positive: the first bit is clear. */
function serial(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x01;
  return bytes.toString('hex');
}

async function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return (await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair;
}
