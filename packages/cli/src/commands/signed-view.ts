import type { Verdict } from '@countersign/domain';

import type { Context } from '../context.js';
import { actWords, whoElse } from '../decision-words.js';
import { escapeLine } from '../escape-text.js';
import { hiddenIn, hiddenWords } from '../hidden.js';
import type { Subject } from './document.commands.js';
import type { Gate } from './request-view.js';

type Signing = {
  readonly request: { readonly title: string; readonly projectId: string; readonly gates: readonly Gate[] };
  readonly me: { readonly name: string; readonly grants: readonly { readonly role: string; readonly project: string }[] };
};

const SIGNING = `query ($id: ID!) { request(id: $id) { title projectId gates {
  name revision digest approvals required decisions { actor verdict status revision digest } } } me { name grants { role project } } }`;
const EVERY_PROJECT = '*';

const graphqlVerdict = (verdict: Verdict) => (verdict === 'request-changes' ? 'request_changes' : verdict);

/** What will be signed, in words, with its full digest and who else has to agree. */
export async function signedWords({ gateway, printer }: Context, id: string, verdict: Verdict, subject: Subject): Promise<string> {
  const { request, me } = await gateway.run<Signing>(SIGNING, { id });
  const [verb, object] = actWords(graphqlVerdict(verdict), subject.gate, subject.revision, id);
  const roles = [...new Set(me.grants.filter(({ project }) => project === EVERY_PROJECT || project === request.projectId).map(({ role }) => role))];
  const gate = request.gates.find(({ name, digest }) => name === subject.gate && digest === subject.digest);
  return [
    `You sign: ${printer.colour('bold', verb)} ${object} (${escapeLine(request.title)}), as ${escapeLine(me.name)} (${roles.join(', ') || 'no role here'}).`,
    `Digest: ${subject.digest}`,
    ...(gate ? [escapeLine(whoElse(graphqlVerdict(verdict), gate))] : []),
    '',
  ].join('\n');
}

/** What the text that is decided on hides. */
export function hiddenNote({ printer }: Context, texts: readonly string[]): string {
  const words = hiddenWords(hiddenIn(texts));
  if (words.length === 0) return 'Nothing in it is hidden: what you see is what you sign.\n';
  return `${printer.colour('yellow', `It holds ${words.join(', ')}, made visible above`)}: what you see is what you sign.\n`;
}
