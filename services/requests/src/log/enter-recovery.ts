import { audit } from '../audit/journal.js';
import type { RecordsStore } from '../database/records-store.repository.js';
import type { RecoveryDeps } from './log-recovery.js';

/** The account of a recovery as an audit entry of the service requests. */
export function recoveryEntry(store: Pick<RecordsStore, 'write'>, clock: () => Date): RecoveryDeps['enterRecovery'] {
  return (tenantId, by, { closed, checkpoint, found, lost }) => {
    const text = `The log ${closed} was broken and is closed; ${lost.length === 0 ? 'no entry is lost' : `${lost.length} entries are lost`}`;
    const data = { closed, checkpoint, found: [...found], lost: lost.map((one) => ({ ...one })) };
    return store.write((records) => audit(records, { tenantId, id: null }, { type: 'log-recovered', actor: by, text, data }, clock()));
  };
}
