import { join } from 'node:path';

import type { Io } from '../io.js';
import { probeDocker } from './docker.probe.js';
import { bad, type PartView } from './part-view.js';

type Inspect = () => Promise<PartView & { readonly how?: string }>;

async function inspected(io: Io, name: string, script: string, inspect: Inspect): Promise<PartView> {
  try {
    const { ok, version, where, fix, how } = await inspect();
    return { name, ok, version, where, ...(fix !== undefined && { fix }), ...(ok && how !== undefined && { note: how }) };
  } catch {
    return bad(name, '', `node ${join(io.cloneDir, 'scripts', script)}`);
  }
}

const notNeeded = ({ name, version, where }: PartView, note: string): PartView => ({ name, ok: true, version, where: where || 'not needed', note });

/**
 * The three parts that programs of requests run on. One of docker and bubblewrap is enough, unless a setting asks for one
 * of them: what is then missing of the other is a note.
 */
export async function probeSandboxes(io: Io): Promise<readonly PartView[]> {
  const choice = io.env['COUNTERSIGN_SANDBOX'] ?? 'auto';
  const [docker, bubblewrap, image] = await Promise.all([
    probeDocker(io),
    inspected(io, 'bubblewrap', 'provision-bubblewrap.mjs', io.inspectBubblewrap),
    inspected(io, 'sandbox-image', 'provision-sandbox-image.mjs', io.inspectSandboxImage),
  ]);
  const unused = { ...image, where: bubblewrap.where };
  const { note: _, ...engineImage } = image;
  switch (choice) {
    case 'docker':
      return [docker, notNeeded(bubblewrap, 'not used: COUNTERSIGN_SANDBOX=docker'), engineImage];
    case 'bubblewrap':
      return [notNeeded(docker, 'not used: COUNTERSIGN_SANDBOX=bubblewrap'), bubblewrap, notNeeded(unused, bubblewrap.note ?? '')];
    default:
      if (docker.ok) return [docker, notNeeded(bubblewrap, bubblewrap.ok ? 'runs sandboxes while docker does not answer' : `used while docker does not answer: ${bubblewrap.fix ?? ''}`), engineImage];
      if (!bubblewrap.ok) return [docker, bubblewrap, engineImage];
      return [notNeeded(docker, `no engine answers: sandboxes run on bubblewrap. ${docker.fix ?? ''}`), bubblewrap, notNeeded(unused, bubblewrap.note ?? '')];
  }
}
