export { aDecisionEvidence, aGateEvidence, anEvidence, aPlan, aSpec, aVote, someSettings } from './builders.js';
