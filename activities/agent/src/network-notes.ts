import type { EgressRule, EgressSettings } from '@countersign/domain';
import { ruleText } from '@countersign/egress';

/** A note of a plan holds 4096 characters, and a rule is never longer than 400. */
const RULES_A_NOTE = 10;

/** What those who approve a plan let the sandbox reach; nothing where it has no network at all. */
export function networkNotes({ setup, execute }: EgressSettings): readonly string[] {
  return [...notesOf('setting up', setup), ...notesOf('executing and testing', execute)];
}

function notesOf(when: string, rules: readonly EgressRule[]): readonly string[] {
  const groups = Array.from({ length: Math.ceil(rules.length / RULES_A_NOTE) }, (_, index) => rules.slice(index * RULES_A_NOTE, (index + 1) * RULES_A_NOTE));
  return groups.map((group) => `Network while ${when}: ${group.map(ruleText).join('; ')}`);
}
