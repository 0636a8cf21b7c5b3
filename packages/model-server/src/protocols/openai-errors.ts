import type { ErrorReply, StatusFault } from './protocol.js';

const error = (status: number, message: string, type: string, code: string | null, param: string | null = null): ErrorReply => ({
  status,
  body: { error: { message, type, param, code } },
});

const REPLIES: Readonly<Record<StatusFault, (model: string) => ErrorReply>> = {
  'rate-limited': (model) => error(429, `Rate limit reached for ${model} on tokens per min. Please try again later.`, 'tokens', 'rate_limit_exceeded'),
  overloaded: () => error(503, 'The engine is currently overloaded, please try again later.', 'server_error', null),
  'quota-used-up': () => error(429, 'You exceeded your current quota, please check your plan and billing details.', 'insufficient_quota', 'insufficient_quota'),
  'server-error': () => error(500, 'The server had an error while processing your request. Sorry about that!', 'server_error', null),
  'invalid-key': () => error(401, 'Incorrect API key provided: sk-wrong*****key. You can find your API key at https://platform.openai.com/account/api-keys.', 'invalid_request_error', 'invalid_api_key'),
  forbidden: () => error(403, 'You are not allowed to sample from this model.', 'invalid_request_error', null),
  'unknown-model': (model) => error(404, `The model \`${model}\` does not exist or you do not have access to it.`, 'invalid_request_error', 'model_not_found'),
  'bad-call': () => error(400, "Invalid value: 'sideways'. Supported values are: 'auto'.", 'invalid_request_error', 'invalid_value', 'tool_choice'),
  'call-too-large': () => error(413, 'Request body too large.', 'invalid_request_error', null),
  'context-too-long': () =>
    error(400, "This model's maximum context length is 128000 tokens. However, your messages resulted in 200000 tokens.", 'invalid_request_error', 'context_length_exceeded', 'messages'),
};

export const openaiError = (fault: StatusFault, model: string): ErrorReply => REPLIES[fault](model);
