import { open } from 'node:fs/promises';

import { AppError, type EgressRule } from '@countersign/domain';
import { z } from 'zod';

import { matchesHost } from './egress-rules.js';

const name = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be 1 to 63 lower-case letters, digits or dashes');

const credentialSchema = z.strictObject({
  hosts: z.array(z.string().min(1).max(253)).min(1).max(100),
  header: z.string().regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/, 'must be the name of a header').transform((text) => text.toLowerCase()),
  // Visible ASCII and spaces: nothing that could end the header's line.
  value: z.string().min(1).max(16_384).regex(/^[\x20-\x7e]+$/, 'must be visible ASCII'),
  projects: z.union([z.array(z.string().min(1).max(200)).min(1), z.literal('*')]),
});

const fileSchema = z.record(name, credentialSchema);

/** Headers that frame a message or name its target are the broker's own. */
const OWN_HEADERS = ['host', 'content-length', 'transfer-encoding', 'connection', 'upgrade', 'expect', 'te', 'trailer', 'keep-alive'];

/** Put into requests outside of the sandbox. `value` is a secret: it is never printed, and no error quotes it. */
export type Credential = z.infer<typeof credentialSchema>;

/**
 * What the file holds; nothing where there is none.
 *
 * @throws AppError EGRESS_UNAVAILABLE for a file that others may read or that is not as agreed: a person mends it.
 */
export async function readCredentials(path: string): Promise<ReadonlyMap<string, Credential>> {
  const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw new AppError('EGRESS_UNAVAILABLE', `${path} cannot be read (${error.code ?? 'unknown'})`);
  });
  if (!file) return new Map();
  try {
    // Of the opened file, not of the name: it cannot be exchanged in between.
    const { mode } = await file.stat();
    if ((mode & 0o077) !== 0) throw new AppError('EGRESS_UNAVAILABLE', `${path} may be read by others; type: chmod 600 ${path}`);
    return parseCredentials(path, await file.readFile('utf8'));
  } finally {
    await file.close();
  }
}

export function parseCredentials(path: string, text: string): ReadonlyMap<string, Credential> {
  const wrong = (what: string): AppError => new AppError('EGRESS_UNAVAILABLE', `${path} is no file of credentials: ${what}`);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    // The parser's message quotes the text.
    throw wrong('it is not JSON');
  }
  const parsed = fileSchema.safeParse(json);
  if (!parsed.success) throw wrong(parsed.error.issues.map(({ path: at, message }) => `${at.join('.')} ${message}`).join('; '));
  for (const [key, { header }] of Object.entries(parsed.data)) {
    if (OWN_HEADERS.includes(header) || header.startsWith('proxy-')) throw wrong(`${key}.header may not be ${header}`);
  }
  return new Map(Object.entries(parsed.data));
}

export type ProjectNames = { readonly id: string; readonly name: string };

/**
 * The credentials that the rules name, each found to be for that host and project.
 *
 * @throws AppError EGRESS_REFUSED with the sentence that says what to change.
 */
export function credentialsFor(rules: readonly EgressRule[], known: ReadonlyMap<string, Credential>, project: ProjectNames): ReadonlyMap<string, Credential> {
  const used = new Map<string, Credential>();
  for (const { host, credential: wanted, tunnel } of rules) {
    if (wanted === null) continue;
    const deny = (why: string): AppError => new AppError('EGRESS_REFUSED', `The network rule for ${host} names the credential ${wanted}, ${why}`);
    const found = known.get(wanted);
    if (tunnel) throw deny('and is a tunnel: nothing can be put into a connection that is not read');
    if (!found) throw deny('which this installation does not have. An operator adds it to the credentials file, or a maintainer changes the rule');
    const { hosts, projects } = found;
    if (projects !== '*' && !projects.includes(project.id) && !projects.includes(project.name)) throw deny(`which is not for the project ${project.name}`);
    if (!hosts.some((listed) => listed === host || matchesHost(listed, host) || matchesHost(host, listed))) throw deny('which is not for that host');
    used.set(wanted, found);
  }
  return used;
}
