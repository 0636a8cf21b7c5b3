import { DECISION_PREDICATE, type DecisionStatement, ERRORS, type ErrorCode } from '@countersign/domain';
import { type KeyList, VerifyFault, verifyStatementEnvelope } from '@countersign/verify';

import type { DecisionEntity } from '../decision/decision.entity.js';

/** Where an entry lies in the log: what tells a signature made before a key was stolen from one made after. */
export type LogPlace = { readonly origin: string; readonly index: number };
/** With the bytes that the log proves. */
export type ProvenPlace = LogPlace & { readonly entry: Buffer };
/** By the SHA-256 of the entry's payload. */
export type LogPlaces = ReadonlyMap<string, LogPlace>;
/** The statement that a stored vote holds, or why it is none that a key of ours signed. */
export type OpenVote = (vote: Pick<DecisionEntity, 'envelope' | 'envelopeSha256'>) => DecisionStatement | ErrorCode;

export function voteOpener(list: KeyList, places: LogPlaces): OpenVote {
  return ({ envelope, envelopeSha256 }) => {
    try {
      const statement = verifyStatementEnvelope(envelope, list, places.get(envelopeSha256) ?? {});
      return statement.predicateType === DECISION_PREDICATE ? (statement as DecisionStatement) : 'VOTE_MISMATCH';
    } catch (error) {
      if (!(error instanceof VerifyFault)) throw error;
      return error.code in ERRORS ? (error.code as ErrorCode) : 'VOTE_MISMATCH';
    }
  };
}
