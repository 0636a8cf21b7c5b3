export { type BundleEntry, type BundleValue, type DecisionDraft, type EntryMembers, hashOf, MADE_AT, MADE_ORIGIN, type MadeEntry, MadeLog } from './made-log.js';
export { aRequestBundle, aRequestLog, bundleText, type MadeRequest } from './request-bundle.js';
export { aKeyPair, canonical, type KeyPair, noteOf, sealed } from './signing.js';
export { consistencyProof, inclusionProof, treeRoot } from './tree.js';
