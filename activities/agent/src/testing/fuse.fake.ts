import type { AgentDeps } from '../agent-deps.js';

export class Killed extends Error {}

/** The process dies at the call that brings `left` to 0. */
export type Fuse = { left: number; readonly when: 'before' | 'after'; isDead: boolean; calls: number };

export function aFuse(over: Partial<Fuse> = {}): Fuse {
  return { left: Number.POSITIVE_INFINITY, when: 'after', isDead: false, calls: 0, ...over };
}

/** Every call of a port passes here; at the chosen one the process is dead, and nothing it does counts any more. */
function mined<T extends object>(port: T, fuse: Fuse): T {
  return new Proxy(port, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      return async (...args: unknown[]): Promise<unknown> => {
        if (fuse.isDead) throw new Killed();
        fuse.calls += 1;
        fuse.left -= 1;
        fuse.isDead = fuse.left === 0;
        if (fuse.isDead && fuse.when === 'before') throw new Killed();
        const result: unknown = await Reflect.apply(member, target, args);
        if (fuse.isDead) throw new Killed();
        return typeof result === 'object' && result !== null && 'exec' in result ? mined(result, fuse) : result;
      };
    },
  });
}

export function killable(deps: AgentDeps, fuse: Fuse): AgentDeps {
  return {
    ...deps,
    records: mined(deps.records, fuse),
    evidence: mined(deps.evidence, fuse),
    journal: mined(deps.journal, fuse),
    sandbox: mined(deps.sandbox, fuse),
    artifacts: mined(deps.artifacts, fuse),
    workspaces: (request) => mined(deps.workspaces(request), fuse),
    model: (stage, project) => mined(deps.model(stage, project), fuse),
  };
}
