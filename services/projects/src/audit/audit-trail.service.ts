import { AppError, ERRORS, type Viewer } from '@countersign/domain';

import type { Database, Stores } from '../store/database.repository.js';

type Actor = Pick<Viewer, 'tenantId' | 'personId'>;

/** What was tried, as recorded with a refusal. */
export type Attempt = { readonly action: string; readonly target: string };

const REFUSALS: ReadonlySet<string> = new Set(['forbidden', 'refused', 'usage', 'notFound']);

/** Changes and refused changes, each with its audit entry in the same transaction. */
export class AuditTrail {
  constructor(private readonly database: Database) {}

  /** Runs a person's change in one transaction. A refusal undoes it and is recorded in a transaction of its own. */
  async change<Result>(viewer: Actor, attempt: Attempt, work: (stores: Stores) => Promise<Result>): Promise<Result> {
    try {
      return await this.database.inTransaction(work);
    } catch (error) {
      if (error instanceof AppError && REFUSALS.has(ERRORS[error.code].kind)) await this.refused(viewer, attempt, error);
      throw error;
    }
  }

  async refused(viewer: Actor, { action, target }: Attempt, { code, message }: AppError): Promise<void> {
    await this.database.inTransaction((stores) =>
      stores.audit.append({
        tenantId: viewer.tenantId,
        type: 'refused',
        actor: viewer.personId,
        at: new Date(),
        payload: { action, target: target.toWellFormed(), code, message: message.toWellFormed() },
      }),
    );
  }

  async payloads(tenantId: string, ids: readonly string[]): Promise<{ id: string; payload: string }[]> {
    const found = await this.database.stores.audit.payloads(tenantId, ids);
    return found.map(({ entryId, payload }) => ({ id: entryId, payload: payload.toString('base64') }));
  }
}
