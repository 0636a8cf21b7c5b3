import type { ChatRequest, JsonSchema, ToolDeclaration } from '../ports/language-model.port.js';

/**
 * Structured output is one more tool. Every provider has tools, beside other tools and while streaming; `response_format`
 * is not everywhere, and a forced tool is refused by models that always think. So it is offered, and the instructions
 * ask for it.
 */
export type OutputTool = {
  readonly declaration: ToolDeclaration;
  outputOf(args: Readonly<Record<string, unknown>>): unknown;
};

export function outputToolOf(output: ChatRequest['output']): OutputTool | undefined {
  if (!output) return undefined;
  const { $schema: _, ...schema } = output.schema;
  // The arguments of a tool are an object; anything else travels inside one.
  const isObject = schema['type'] === 'object';
  const input: JsonSchema = isObject ? schema : { type: 'object', properties: { value: schema }, required: ['value'], additionalProperties: false };
  return {
    declaration: { name: `give_${output.name}`, description: `Gives the result: the ${output.name}.`, input },
    outputOf: (args) => (isObject ? args : args['value']),
  };
}

const FENCED_JSON = /^```(?:json)?[^\S\n]*\n([^]*)\n```$/;

/** Some models write the document although they were asked to call the tool. Only a text that is nothing else counts. */
export function documentIn(text: string): Readonly<Record<string, unknown>> | undefined {
  const trimmed = text.trim();
  const json = FENCED_JSON.exec(trimmed)?.[1]?.trim() ?? trimmed;
  if (!json.startsWith('{')) return undefined;
  try {
    const parsed: unknown = JSON.parse(json);
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
