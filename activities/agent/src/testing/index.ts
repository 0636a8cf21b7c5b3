export { describeJournal } from './journal.contract.js';
export { fakeJournal, type FakeJournal } from './journal.fake.js';
export { fakeAgentWorkspace, type FakeAgentWorkspace } from './agent-workspace.fake.js';
export { fakeToolSandbox, type FakeToolSandbox } from './tool-sandbox.fake.js';
export { scriptedModel, type ScriptedModel } from './language-model.fake.js';
export { describeLanguageModel, type ContractAnswer } from './language-model.contract.js';
