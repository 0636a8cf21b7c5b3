const MAX_DEPTH = 24;
const MAX_OPERATORS = 150;
const MAX_POLICIES = 200;

const TOKENS = /"(?:[^"\\]|\\[^])*"|\/\/[^\n\r]*|[([{]|[)\]}]|;|&&|\|\||[!=<>]=?|[-+*.]|\b(?:if|in|like|has|is)\b/g;

/**
 * The engine recurses over what it parses, and running out of its stack ruins it for the whole process (measured with
 * cedar-wasm 4.13: 200 brackets, 1000 operators). So a text that could is refused before the engine sees it.
 *
 * @returns what is too much, or undefined.
 */
export function excessOf(text: string): { readonly message: string; readonly at: number } | undefined {
  let depth = 0;
  let operators = 0;
  let policies = 0;
  for (const { 0: token, index } of text.matchAll(TOKENS)) {
    if (token.startsWith('"') || token.startsWith('//')) continue;
    if ('([{'.includes(token)) depth += 1;
    else if (')]}'.includes(token)) depth -= 1;
    else if (token === ';') {
      policies += 1;
      operators = 0;
    } else operators += 1;
    if (depth > MAX_DEPTH) return { message: `brackets nest deeper than ${MAX_DEPTH}`, at: index };
    if (operators > MAX_OPERATORS) return { message: `one policy has more than ${MAX_OPERATORS} operators`, at: index };
    if (policies > MAX_POLICIES) return { message: `there are more than ${MAX_POLICIES} policies`, at: index };
  }
  return undefined;
}
