export const FAULT_CODES = [
  'NOT_CANONICAL',
  'MALFORMED',
  'SIGNATURE_INVALID',
  'ROOT_MISMATCH',
  'KEY_LIST_OLD',
  'KEY_LIST_BROKEN',
  'KEY_UNKNOWN',
  'KEY_PURPOSE',
  'KEY_REVOKED',
  'KEY_NOT_VALID_THEN',
  'EARLIER_CHECKPOINT_MISSING',
  'LOG_INCONSISTENT',
  'ENTRY_NOT_IN_LOG',
  'TENANT_MISMATCH',
  'PAYLOAD_MISMATCH',
  'STATEMENT_MISMATCH',
  'GATE_NOT_FOUNDED',
  'SUBJECT_MISSING',
  'SUBJECT_UNKNOWN',
  'INTERNAL',
] as const;
export type FaultCode = (typeof FAULT_CODES)[number];

/** The only error this package throws: what does not hold, where, and a sentence for people. */
export class VerifyFault extends Error {
  override readonly name = 'VerifyFault';

  constructor(
    readonly code: FaultCode,
    readonly where: string,
    message: string,
  ) {
    super(message);
  }
}
