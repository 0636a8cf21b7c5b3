import { channelOf, type Viewer } from '@countersign/domain';
import type { PersonCaller } from '@countersign/platform';

import { isStorable } from '../person/viewer.service.js';
import type { Database, Stores } from '../store/database.repository.js';

/** More sessions than are used at a time; what is forgotten is looked up once more. */
const MAX_KNOWN = 10_000;
const MAX_CLIENT_CHARS = 200;
const MAX_SECONDS = 8_640_000_000_000;

/**
 * Enters a person's sign-in when a session is seen for the first time, whichever issuer made its tokens: an issuer of the
 * user's own tells nobody of a sign-in. A session that this process has seen costs neither read nor write.
 */
export class SignInService {
  private readonly known = new Map<string, Promise<void>>();

  constructor(
    private readonly database: Pick<Database, 'inTransaction'>,
    private readonly now: () => Date = () => new Date(),
  ) {}

  async seen(caller: PersonCaller, viewer: Viewer): Promise<void> {
    const client = caller.clientId.toWellFormed().replaceAll('\0', '').slice(0, MAX_CLIENT_CHARS);
    const sessionAt = this.sessionOf(caller);
    const key = `${viewer.personId} ${sessionAt.getTime()} ${client}`;
    const before = this.known.get(key);
    if (before) return before;
    if (this.known.size >= MAX_KNOWN) this.known.clear();
    const entering = this.database.inTransaction((stores) => enter(stores, caller, viewer, { client, sessionAt, at: this.now() }));
    this.known.set(key, entering);
    try {
      await entering;
    } catch (error) {
      this.known.delete(key);
      throw error;
    }
  }

  /** Somebody gave a wrong password for this identity. Whoever it was, no person has been verified. */
  async refused({ issuer, subject, method }: { readonly issuer: string; readonly subject: string; readonly method: string }): Promise<void> {
    if (![issuer, subject].every(isStorable)) return;
    await this.database.inTransaction(async (stores) => {
      const person = await stores.people.byIdentity(issuer, subject);
      if (!person) return;
      const { tenantId, id } = person;
      await stores.audit.append({ tenantId, type: 'sign-in-refused', actor: 'service:operator', at: this.now(), subject: `person/${id}`, payload: { method } });
    });
  }

  /** Tokens without `auth_time` tell no sessions apart: those of one day count as one. */
  private sessionOf({ authTime }: PersonCaller): Date {
    if (authTime !== undefined && authTime >= 0 && authTime <= MAX_SECONDS) return new Date(authTime * 1000);
    const day = this.now();
    day.setUTCHours(0, 0, 0, 0);
    return day;
  }
}

type Session = { readonly client: string; readonly sessionAt: Date; readonly at: Date };

async function enter(stores: Stores, { clientId, acr, amr, authTime }: PersonCaller, { tenantId, personId }: Viewer, { client, sessionAt, at }: Session): Promise<void> {
  if (!(await stores.signIns.add({ personId, tenantId, client, sessionAt }))) return;
  const payload = { channel: channelOf(clientId), client, acr: acr ?? null, amr, authTime: authTime === undefined ? null : sessionAt.toISOString() };
  await stores.audit.append({ tenantId, type: 'sign-in', actor: personId, at, subject: `person/${personId}`, payload });
}
