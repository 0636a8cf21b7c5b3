import { describe, expect, it } from '@jest/globals';

import { documentIn, outputToolOf } from './output-tool.js';

describe('the tool that takes an output', () => {
  it('takes the document as its arguments', () => {
    const tool = outputToolOf({ name: 'plan', schema: { $schema: 'https://json-schema.org/draft/2020-12/schema', type: 'object', properties: {} } });
    expect(tool?.declaration).toMatchObject({ name: 'give_plan', input: { type: 'object', properties: {} } });
    expect(tool?.declaration.input).not.toHaveProperty('$schema');
    expect(tool?.outputOf({ steps: [] })).toEqual({ steps: [] });
  });

  it('carries what is no object inside one', () => {
    const tool = outputToolOf({ name: 'findings', schema: { type: 'array', items: { type: 'string' } } });
    expect(tool?.declaration.input).toMatchObject({ type: 'object', required: ['value'] });
    expect(tool?.outputOf({ value: ['a'] })).toEqual(['a']);
  });
});

describe('a document written as text', () => {
  it.each([
    ['{"a":1}', { a: 1 }],
    ['\n```json\n{"a":"```"}\n```\n', { a: '```' }],
    ['```  \n\n{"a":1}\n\n```', { a: 1 }],
  ])('is taken where the text is nothing else: %j', (text, document) => expect(documentIn(text)).toEqual(document));

  it.each(['Here it is: {"a":1}', '{"a":1} and more', '[1]', 'null', '', '```json\n{"a":\n```'])('is not looked for in %j', (text) => expect(documentIn(text)).toBeUndefined());
});
