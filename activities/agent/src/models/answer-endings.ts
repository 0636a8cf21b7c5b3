import type { AIMessage } from '@langchain/core/messages';

import type { ModelFault } from './model-fault.js';

type Plain = Readonly<Record<string, unknown>>;

/** How a provider says that an answer ended, and what it means where the answer is not whole. */
export const ENDINGS: Readonly<Record<string, ModelFault>> = {
  length: 'output-cut',
  max_tokens: 'output-cut',
  MAX_TOKENS: 'output-cut',
  max_output_tokens: 'output-cut',
  model_length: 'context-too-long',
  model_context_window_exceeded: 'context-too-long',
  refusal: 'refused',
  content_filter: 'filtered',
  SAFETY: 'filtered',
  RECITATION: 'filtered',
  BLOCKLIST: 'filtered',
  PROHIBITED_CONTENT: 'filtered',
  SPII: 'filtered',
  MALFORMED_FUNCTION_CALL: 'unreadable',
  error: 'provider-failed',
};

const KEYS = ['finish_reason', 'finishReason', 'stop_reason', 'done_reason'];

const plain = (value: unknown): Plain => (typeof value === 'object' && value !== null ? (value as Plain) : {});
const given = (values: readonly unknown[]): string | undefined => values.find((value): value is string => typeof value === 'string' && value !== '');

/** OpenAI's own field, which LangChain drops: kept in the raw answer. */
function refusalIn(raw: Plain): string | undefined {
  const choice = plain((Array.isArray(raw['choices']) ? raw['choices'] : [])[0]);
  return given([plain(choice['message'])['refusal'], plain(choice['delta'])['refusal']]);
}

/** How one answer ended, read from its pieces as they come. */
export class AnswerEnding {
  private reason: string | undefined;
  private hasRefusal = false;
  private category: unknown = null;

  see({ response_metadata, additional_kwargs }: Pick<AIMessage, 'response_metadata' | 'additional_kwargs'>): void {
    const places: readonly Plain[] = [response_metadata, additional_kwargs];
    const said = given(places.flatMap((place) => KEYS.map((key) => place[key])));
    // The responses API says a status instead, and why only where it is not complete.
    const status = given([response_metadata['status']]);
    const incomplete = given([plain(response_metadata['incomplete_details'])['reason']]);
    this.reason = incomplete ?? said ?? (status === 'completed' ? status : undefined) ?? this.reason;
    this.category = places.map((place) => plain(place['stop_details'])['category']).find((found) => typeof found === 'string') ?? this.category;
    this.hasRefusal ||= given([additional_kwargs['refusal'], refusalIn(plain(additional_kwargs['__raw_response']))]) !== undefined;
  }

  /** Undefined where the answer is whole. */
  fault(saysHowItEnds: boolean): ModelFault | undefined {
    if (this.hasRefusal) return 'refused';
    if (this.reason === undefined) return saysHowItEnds ? 'cut' : undefined;
    const fault = ENDINGS[this.reason];
    // A refusal with a category is the provider's classifier, not the model.
    return fault === 'refused' && this.category !== null ? 'filtered' : fault;
  }
}
