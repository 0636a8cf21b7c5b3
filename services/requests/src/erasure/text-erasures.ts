import { ERASED } from '../audit/erased.js';
import type { Subject } from './erasure.repository.js';

/** One UPDATE that changes nothing where it was run before; its first two values are tenant and person. */
type TextErasure = { readonly sql: string; readonly values: (subject: Subject) => readonly unknown[] };

/** What the machinery words itself names nobody and quotes nobody. */
const NEUTRAL_EVENTS = ['transition', 'paused', 'resumed', 'word-refused', 'vote-refused', 'budget-raised', 'gate-passed'];
const QUOTING_MEMBERS = ['text', 'reason', 'title', 'body'];
const GATE_PASSED_TAIL = ' approved by .*$';

const erased = ({ tenantId, personId }: Subject): readonly unknown[] => [tenantId, personId, ERASED];

/**
 * Rows that repeat what a person said or who they are, so that people can read it without the audit trail. In this order:
 * an outcome is known to be theirs by the reason or the word that it repeats.
 */
export const TEXT_ERASURES: readonly TextErasure[] = [
  {
    sql: `UPDATE request r SET outcome = jsonb_set(r.outcome, '{message}', to_jsonb($3::text))
           WHERE r.tenant_id = $1 AND r.outcome ->> 'message' <> $3
             AND (EXISTS (SELECT 1 FROM decision d WHERE d.request_id = r.id AND d.actor = $2 AND d.reason = r.outcome ->> 'message')
               OR EXISTS (SELECT 1 FROM word w WHERE w.request_id = r.id AND w.actor = $2 AND w.text = r.outcome ->> 'message'))`,
    values: erased,
  },
  {
    sql: `UPDATE request SET paused = jsonb_set(paused, '{reason}', to_jsonb($3::text))
           WHERE tenant_id = $1 AND paused ->> 'by' = $2 AND paused ->> 'reason' <> $3`,
    values: erased,
  },
  {
    sql: `UPDATE request_event e SET text = regexp_replace(e.text, $3, '')
           WHERE e.tenant_id = $1 AND e.type = 'gate-passed' AND e.text ~ $3
             AND EXISTS (SELECT 1 FROM decision d WHERE d.request_id = e.request_id AND d.actor = $2 AND e.data -> 'decisions' ? d.id)`,
    values: ({ tenantId, personId }) => [tenantId, personId, GATE_PASSED_TAIL],
  },
  {
    sql: `UPDATE request_event SET text = $3
           WHERE tenant_id = $1 AND actor = $2 AND type <> ALL($4::text[]) AND text <> $3`,
    values: (subject) => [...erased(subject), NEUTRAL_EVENTS],
  },
  {
    sql: `UPDATE request_event SET data = data - $3::text[] WHERE tenant_id = $1 AND actor = $2 AND data ?| $3::text[]`,
    values: ({ tenantId, personId }) => [tenantId, personId, QUOTING_MEMBERS],
  },
  {
    // A digest of what was sent is as good as the text to whoever can guess it.
    sql: `UPDATE word SET text = CASE WHEN text IS NULL THEN NULL ELSE $3 END, idempotency_key = NULL, idempotency_digest = NULL
           WHERE tenant_id = $1 AND actor = $2 AND (text <> $3 OR idempotency_key IS NOT NULL)`,
    values: erased,
  },
  {
    // The digest stays: it is the place in the log, and the bytes it is of hold a nonce and a signature.
    sql: `UPDATE decision SET envelope = $3, reason = CASE WHEN reason IS NULL THEN NULL ELSE $3 END, reason_salt = NULL
           WHERE tenant_id = $1 AND actor = $2 AND actor_kind = 'person' AND envelope <> $3`,
    values: erased,
  },
  {
    sql: `UPDATE request SET idempotency_key = NULL, idempotency_digest = NULL WHERE tenant_id = $1 AND requester_id = $2 AND idempotency_key IS NOT NULL`,
    values: ({ tenantId, personId }) => [tenantId, personId],
  },
  {
    sql: `UPDATE outbox SET payload = jsonb_set(payload, '{requester}', to_jsonb($3::text))
           WHERE tenant_id = $1 AND kind = 'start' AND payload ->> 'requester' = $2`,
    values: ({ tenantId, name }) => [tenantId, name, ERASED],
  },
];
