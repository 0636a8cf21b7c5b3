import type { requestsRpc, RpcInput, RpcOutput } from '@countersign/contracts';
import { AppError } from '@countersign/domain';
import type { Caller } from '@countersign/platform';

import { audit } from '../audit/journal.js';
import type { RecordsStore } from '../database/records-store.repository.js';
import type { Clock } from '../lifecycle/fence.js';
import type { AccessService } from '../people/access.service.js';
import type { ProjectsPort } from '../people/projects.port.js';
import type { Removed } from './erasure.repository.js';

export type ErasureDeps = {
  readonly store: RecordsStore;
  readonly access: AccessService;
  readonly projects: ProjectsPort;
  readonly clock: Clock;
};

type Input = RpcInput<typeof requestsRpc, 'erasure.erase'>;
type Output = RpcOutput<typeof requestsRpc, 'erasure.erase'>;

const NOT_ERASED: Output['notErased'] = [
  'Names in merge commits and in artifacts (documents, patches, logs, journals of agents) are not erased.',
  'Titles and texts of requests stay: what was approved is signed over them.',
  'The id of the person stays in entries of the log, where it stands for nobody any more.',
  "Temporal's histories, backups and bundles that somebody exported are out of reach.",
];
const SHOWN_REQUESTS = 10;

/** Removes what a person said and who they were. The log holds hashes only, so it still verifies. */
export class ErasureService {
  constructor(private readonly deps: ErasureDeps) {}

  /**
   * This service's part first: while it is not done the person is still found by name, so that the same call again
   * finishes what an outage interrupted.
   *
   * @throws AppError FORBIDDEN, NOT_FOUND, PERSON_NOT_SUSPENDED; ERASURE_TOO_EARLY while a request rests on them.
   */
  async erase(caller: Caller, { person }: Input): Promise<Output> {
    const { access, projects, store, clock } = this.deps;
    const { viewer } = await access.visitor(caller);
    const { tenantId, personId: by } = viewer;
    const { personId, name } = await projects.erasable(tenantId, by, person);
    const subject = { tenantId, personId, name };
    const owner = { tenantId, id: null };
    const about = { actor: by, subject: `person/${personId}` };
    const done = await store.write(async (records): Promise<Removed | { readonly waits: readonly string[] }> => {
      const waits = await records.erasures.unfinished(subject);
      if (waits.length > 0) {
        const data = { code: 'ERASURE_TOO_EARLY', requests: waits.slice(0, SHOWN_REQUESTS) };
        await audit(records, owner, { ...about, type: 'erasure-refused', text: 'An erasure was refused: ERASURE_TOO_EARLY', data }, clock());
        return { waits };
      }
      const removed = await records.erasures.erase(subject);
      const { payloads, texts } = removed;
      const text = `Erased: ${payloads} payloads and ${texts} texts of one person`;
      if (payloads + texts > 0) await audit(records, owner, { ...about, type: 'erasure', text, data: { person: personId, payloads, texts } }, clock());
      return removed;
    });
    if ('waits' in done) throw tooEarly(done.waits);
    const theirs = await projects.erase(tenantId, by, personId);
    return { person: personId, payloads: done.payloads + theirs.payloads, texts: done.texts, notErased: [...NOT_ERASED] };
  }
}

function tooEarly(requests: readonly string[]): AppError {
  const shown = requests.slice(0, SHOWN_REQUESTS).join(', ');
  const more = requests.length > SHOWN_REQUESTS ? ` and ${requests.length - SHOWN_REQUESTS} more` : '';
  const message = `Requests that have not ended are theirs or rest on a vote of theirs: ${shown}${more}. Let them end, or cancel them`;
  return new AppError('ERASURE_TOO_EARLY', message, { field: 'person', details: { requests: requests.slice(0, SHOWN_REQUESTS) } });
}
