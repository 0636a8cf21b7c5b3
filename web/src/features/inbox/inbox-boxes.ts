import type { Box } from '../../graphql/generated/graphql';

export const BOXES = [
  ['needsMe', 'Needs me'],
  ['waiting', 'Waiting on others'],
  ['running', 'Running'],
  ['done', 'Done'],
] as const satisfies readonly (readonly [Box, string])[];

export function boxOf(name: unknown): Box {
  return BOXES.find(([box]) => box === name)?.[0] ?? 'needsMe';
}
