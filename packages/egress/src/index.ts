export type { Broker } from './broker.js';
export type { ProjectNames } from './credentials.js';
export { type BrokerRequest, egressBrokers, type EgressBrokers, type EgressInstallation } from './egress-brokers.js';
export { type EgressFact, storeEgress } from './egress-facts.js';
export type { EgressEntry, EgressReport } from './egress-log.js';
export { ruleText } from './egress-rules.js';
export { DEFAULT_EGRESS_LIMITS, type EgressLimits } from './traffic-meter.js';
