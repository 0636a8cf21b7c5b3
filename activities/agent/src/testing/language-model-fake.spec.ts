import { describeLanguageModel } from './language-model.contract.js';
import { scriptedModel } from './language-model.fake.js';

describeLanguageModel('the fake', async (answers) => ({
  model: scriptedModel((_request, call) => {
    const { toolCalls = [], usage, ...rest } = answers[call - 1] ?? {};
    return { ...rest, toolCalls: toolCalls.map((made, index) => ({ id: `call-${call}-${index}`, ...made })), ...(usage && { usage: { ...usage, costMicros: 1 } }) };
  }),
  close: async () => undefined,
}));
