import { createHash } from 'node:crypto';

import type { TaskSection } from '../ports/language-model.port.js';

/**
 * Sections as text that cannot get out of its fence: the fence is made from the digest of all of it, so text that held
 * its own fence would have to know its own digest. The same sections render the same, for cache and journal.
 */
export function fencedSections(sections: readonly TaskSection[]): string {
  const fence = fenceOf(JSON.stringify(sections));
  return sections.map(({ name, text }) => within(fence, name, text)).join('\n\n');
}

/** One text in a fence of its own. */
export function fenced(name: string, text: string): string {
  return within(fenceOf(text), name, text);
}

function fenceOf(content: string): string {
  return createHash('sha256').update(content).digest('hex').slice(0, 32);
}

function within(fence: string, name: string, text: string): string {
  return `<data-${fence} name="${name}">\n${text}\n</data-${fence}>`;
}
