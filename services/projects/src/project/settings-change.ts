import type { ProjectSettings } from '@countersign/domain';
import { canonicalText } from '@countersign/domain/digest';

import { policyVersionOf } from '../policy/policy-schema.js';

export type Governed = { readonly branch: string; readonly settings: ProjectSettings; readonly policyText: string };

/**
 * What changed, for the audit trail: old and new of each setting. Of `env` only the names, for a value might be
 * something that was better not kept for ever; of a policy its versions.
 */
export function changesBetween(before: Governed, after: Governed): Record<string, { readonly from: unknown; readonly to: unknown }> {
  const pairs: [name: string, from: unknown, to: unknown, shown?: (value: never) => unknown][] = [
    ['branch', before.branch, after.branch],
    ['policy', before.policyText, after.policyText, policyVersionOf],
    ...(Object.keys(after.settings) as (keyof ProjectSettings)[]).map(
      (name): [string, unknown, unknown, ((value: never) => unknown)?] =>
        name === 'env' ? [name, before.settings.env, after.settings.env, namesOf] : [name, before.settings[name], after.settings[name]],
    ),
  ];
  const changed = pairs.filter(([, from, to]) => canonicalText(from) !== canonicalText(to));
  return Object.fromEntries(
    changed.map(([name, from, to, shown]) => [name, shown ? { from: shown(from as never), to: shown(to as never) } : { from, to }]),
  );
}

const namesOf = (env: ProjectSettings['env']): readonly string[] => Object.keys(env).sort();
