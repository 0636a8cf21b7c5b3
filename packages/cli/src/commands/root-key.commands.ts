import { createPrivateKey, createPublicKey, type KeyObject, sign as signBytes } from 'node:crypto';

import { canonicalText } from '@countersign/domain/digest';
import { KEY_LIST_TYPE, keyIdOf, preAuthEncoding, readKeyList, readRootKey, rootOf, VerifyFault } from '@countersign/verify';
import type { Command } from 'commander';

import { CliError, usage } from '../cli-error.js';
import type { Commands, Context } from '../context.js';
import { escapeLine } from '../escape-text.js';
import { fetchFrom } from '../http.js';
import { readInput } from '../input-file.js';
import { requireFree, writeOutput } from '../output-file.js';
import { fingerprintOf, PinnedRootFile } from '../pinned-root.js';
import { digestArgument } from './decision.commands.js';
import { renderKeyList } from './key-list-view.js';

type SignFlags = { rootKey: string; output: string; force?: boolean };
type PinFlags = { fingerprint?: string };

const KEY_LIST_PATH = '/.well-known/countersign-keys.json';

function documentIn(text: string): Buffer {
  const bytes = Buffer.from(text.trim(), 'base64');
  if (bytes.length === 0 || bytes.toString('base64') !== text.trim()) throw usage('document: must be the file that `keys rotate` or `keys revoke` wrote', 'document');
  return bytes;
}

function privateKeyIn(pem: string): KeyObject {
  let key: KeyObject | undefined;
  try {
    key = createPrivateKey(pem);
  } catch {
    key = undefined;
  }
  if (key?.asymmetricKeyType !== 'ed25519') throw usage('--root-key: must be an Ed25519 private key in PEM, without a passphrase', 'root-key');
  return key;
}

function sealed(payload: Buffer, key: KeyObject, publicKey: Uint8Array): string {
  const sig = signBytes(null, preAuthEncoding(KEY_LIST_TYPE, payload), key).toString('base64');
  return canonicalText({ payload: payload.toString('base64'), payloadType: KEY_LIST_TYPE, signatures: [{ keyid: keyIdOf(publicKey), sig }] });
}

/** The list in an envelope that was just sealed: what is no list of this root key is never written. */
function opened(envelope: string, publicKey: Uint8Array) {
  try {
    return readKeyList(envelope, publicKey);
  } catch (error) {
    if (!(error instanceof VerifyFault)) throw error;
    if (error.code === 'ROOT_MISMATCH') throw new CliError('ROOT_MISMATCH', 'The list names another root key than this one: nothing was signed');
    throw usage(`document: ${error.message}; nothing was signed`, 'document');
  }
}

/** Needs no server and no profile: it runs where the root key is. */
async function sign({ io, printer }: Context, [file = '']: readonly string[], { rootKey, output, force }: SignFlags): Promise<void> {
  await requireFree(output, 'output', force);
  const payload = documentIn(await readInput(file, 'document'));
  const key = privateKeyIn(await readInput(rootKey, 'root-key'));
  const publicKey = Buffer.from(createPublicKey(key).export({ format: 'jwk' }).x ?? '', 'base64url');
  const envelope = sealed(payload, key, publicKey);
  const list = opened(envelope, publicKey);
  if (io.isInteractive && !printer.isJson) {
    io.stdout.write(`You would sign this:\n\n${renderKeyList(list)}\n`);
    if (!/^y(es)?$/i.test((await io.ask('Sign it? [y/N] ')).trim())) throw new CliError('CONFLICT', 'Nothing was signed');
  }
  await writeOutput(output, envelope);
  const made = { file: output, number: list.number, rootFingerprint: fingerprintOf(publicKey) };
  printer.answer(made, () => `${renderKeyList(list)}${escapeLine(output)} holds it, signed: bring it back with \`keys publish\`.\n`);
}

async function textAt(source: string): Promise<string> {
  if (!/^https?:\/\//i.test(source)) return readInput(source, 'source');
  if (!URL.canParse(source)) throw usage('source: is no address', 'source');
  const url = new URL(source);
  if (url.pathname === '/') url.pathname = KEY_LIST_PATH;
  const response = await fetchFrom(url.href, {}, { what: 'The list of keys', code: 'SERVICE_UNAVAILABLE' });
  if (!response.ok) throw new CliError('NOT_FOUND', `${url.href} answered ${response.status} and no list of keys`);
  return response.text();
}

/** The root that a file or an address names. Whether it is the right one only its fingerprint says. */
function rootIn(text: string, source: string): { readonly root: Uint8Array; readonly number: number } {
  try {
    if (!text.startsWith('{')) return { root: readRootKey(text), number: 1 };
    const envelope = text.replace(/\n$/, '');
    const root = rootOf(envelope);
    return { root, number: readKeyList(envelope, root).number };
  } catch (error) {
    if (!(error instanceof VerifyFault)) throw error;
    throw usage(`source: ${source} holds neither a public key (PEM, or one line of base64) nor a list of keys: ${error.message}`, 'source');
  }
}

async function pin({ io, printer }: Context, [source = '']: readonly string[], { fingerprint }: PinFlags): Promise<void> {
  const { root, number } = rootIn(await textAt(source), source);
  const found = fingerprintOf(root);
  if (fingerprint === undefined) {
    throw usage(`--fingerprint is needed. The root key there has the fingerprint ${found}. Compare it with the one that the people who run the installation gave you over another channel than this one, and name it with --fingerprint`, 'fingerprint');
  }
  if (found !== fingerprint) {
    throw new CliError('ROOT_MISMATCH', `The root key there has the fingerprint ${found}, which is not the one that you named: nothing was pinned`, 'fingerprint');
  }
  const replaced = await new PinnedRootFile(io).pin(root, number);
  printer.answer({ rootFingerprint: found, number, replaced: replaced ? fingerprintOf(replaced) : null }, () =>
    `Pinned: ${found}\n${replaced ? `In place of: ${fingerprintOf(replaced)}\n` : ''}`);
}

export function rootKeyCommands(commands: Commands): { readonly sign: Command; readonly pin: Command } {
  return {
    sign: commands.make<SignFlags>(
      'sign <document>',
      'Sign a list of keys where the root key is kept; needs no server. The document is the file that `keys rotate` or `keys revoke` wrote with `-o`.',
      sign,
      (command) =>
        command
          .requiredOption('--root-key <file>', 'private key in PEM')
          .requiredOption('-o, --output <file>', 'where the envelope goes, for `keys publish`')
          .option('--force', 'replace a file that is there'),
    ),
    pin: commands.make<PinFlags>(
      'pin <source>',
      'Pin the root key that `verify` and `keys list` judge by. The source is a file (public key in PEM or base64, or a list of keys) or the address of an installation. Without `--fingerprint` it pins nothing and prints the one it found.',
      pin,
      (command) => command.option('--fingerprint <sha256>', 'of the raw public key, as it was given to you over another channel', digestArgument),
    ),
  };
}
