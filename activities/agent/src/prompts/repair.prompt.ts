/** An answer that could not be used: what the model is told, and what a person reads if it stays so. */
export type Problem = { readonly toModel: string; readonly toPerson: string };

/** What the issues quote comes from the model's own answer. */
export function invalidOutput(what: string, issues: readonly string[]): Problem {
  return {
    toModel: `The ${what} in your last answer cannot be used:\n${issues.map((issue) => `- ${issue}`).join('\n')}\nAnswer again with the whole ${what} as structured output, with these points mended.`,
    toPerson: `The model’s ${what} could not be used: ${issues.join('; ')}.`,
  };
}

/** `sentence`: how the provider's answer broke off or could not be read. */
export function unreadable(sentence: string): Problem {
  return { toModel: `Your last answer could not be read: ${sentence}\nAnswer again, with less at once.`, toPerson: sentence };
}

export const NO_OUTPUT: Problem = {
  toModel: 'Your last answer held neither a tool call nor the structured output that was asked for. Text alone is not read by anybody. Answer with the structured output, or call a tool.',
  toPerson: 'The model answered in words only, without the output asked for.',
};

export const NO_CALL: Problem = {
  toModel:
    'Your last answer held no tool call. Text alone does not end the work and is not read by anybody. Go on with a tool call; call "finish" if everything is done and verified, or "cannot" if it cannot be done.',
  toPerson: 'The model answered in words only, without calling a tool.',
};
