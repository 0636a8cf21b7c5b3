export { fakeEgressBrokers, type FakeEgressBrokers } from './egress-brokers.fake.js';
export { aRule, BrokerWorld, logOf, type Upstream } from './broker-world.js';
