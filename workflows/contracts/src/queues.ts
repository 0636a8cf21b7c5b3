/** Task queues: one per capability and set of credentials. */
export const QUEUES = {
  delivery: 'delivery',
  requests: 'requests',
  agent: 'agent',
  sandbox: 'sandbox',
  vcs: 'vcs',
  policy: 'policy',
} as const;
export type Queue = (typeof QUEUES)[keyof typeof QUEUES];

export const ACTIVITY_NAMESPACES = { records: 'requests', agent: 'agent', sandbox: 'sandbox', vcs: 'vcs', policy: 'policy' } as const;
export type ActivityNamespace = keyof typeof ACTIVITY_NAMESPACES;

/** Activity types read `records.transition`, `vcs.merge`, …: a worker registers them under these names. */
export function namespaced<A extends object>(namespace: ActivityNamespace, activities: A): Record<string, (input: never) => Promise<unknown>> {
  return Object.fromEntries(Object.entries(activities).map(([name, run]) => [`${namespace}.${name}`, run]));
}

/** The workflow's side of `namespaced`: `proxy.transition(x)` calls the activity `records.transition`. */
export function fromNamespace<A extends object>(namespace: ActivityNamespace, activities: object): A {
  return new Proxy(activities, {
    get: (target, name) => Reflect.get(target, `${namespace}.${String(name)}`) as unknown,
  }) as A;
}

export function workflowIdOf(requestId: string): string {
  return `request-${requestId}`;
}
