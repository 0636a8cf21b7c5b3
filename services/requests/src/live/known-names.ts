import type { ProjectsPort } from '../people/projects.port.js';

const KEPT_MS = 60_000;
const KEPT = 5_000;

/** Names of people, looked up at most once a minute: each event shows some, and they hardly ever change. */
export class KnownNames {
  private readonly known = new Map<string, { readonly name: string; readonly until: number }>();

  constructor(
    private readonly projects: Pick<ProjectsPort, 'people'>,
    private readonly now: () => number = () => Date.now(),
  ) {}

  async of(tenantId: string, ids: readonly string[]): Promise<(id: string) => string> {
    const at = this.now();
    const keyOf = (id: string): string => `${tenantId} ${id}`;
    const missing = [...new Set(ids)].filter((id) => (this.known.get(keyOf(id))?.until ?? 0) <= at);
    if (missing.length > 0) {
      if (this.known.size > KEPT) this.known.clear();
      const found = new Map((await this.projects.people(tenantId, missing)).map(({ personId, name }) => [personId, name]));
      for (const id of missing) this.known.set(keyOf(id), { name: found.get(id) ?? id, until: at + KEPT_MS });
    }
    return (id) => this.known.get(keyOf(id))?.name ?? id;
  }
}
