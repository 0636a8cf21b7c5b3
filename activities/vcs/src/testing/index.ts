export { describeCodeHost, type CodeHostHarness } from '../ports/code-host.contract.js';
export { FakeCodeHost } from './code-host.fake.js';
