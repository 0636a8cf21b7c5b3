export { type BundleVerdict, type VerifiedDecision, verifyBundle, type VerifyOptions } from './bundle.js';
export { type Checkpoint, checkpointBody, isNoteSignedBy, noteKeyHash, type OpenedNote, openNote, tenantOf, verifyCheckpoint } from './checkpoint.js';
export { isSignedBy, keyIdOf, type OpenedEnvelope, openEnvelope, preAuthEncoding } from './envelope.js';
export { type LogEntry, readLogEntry } from './entry.js';
export { FAULT_CODES, type FaultCode, VerifyFault } from './fault.js';
export {
  isSuccessor,
  KEY_LIST_TYPE,
  type KeyFault,
  keyFault,
  type KeyList,
  type KeyPurpose,
  type KeyUse,
  type ListedKey,
  publicKeyOf,
  readKeyList,
  type Revocation,
  rootOf,
} from './key-list.js';
export { type Consistency, emptyRoot, type Inclusion, isConsistent, isIncluded, leafHash, nodeHash } from './merkle.js';
export { verdictText } from './report.js';
export { readRootKey } from './root-key.js';
export {
  type DecisionStatement,
  type GatePassedStatement,
  isDecision,
  type LogPlace,
  readStatement,
  type Statement,
  STATEMENT_PAYLOAD_TYPE,
  subjectOf,
  verifyStatementEnvelope,
} from './statement.js';
