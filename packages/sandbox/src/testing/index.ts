export { fakeSandbox, type FakeExec, type FakeHandler, type FakeSandbox } from './sandbox.fake.js';
