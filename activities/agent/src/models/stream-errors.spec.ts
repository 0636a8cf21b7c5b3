import { expect, it } from '@jest/globals';

import { StreamErrors } from './stream-errors.js';

function seen(text: string, size: number): string | null {
  const errors = new StreamErrors();
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length; at += size) errors.see(bytes.subarray(at, at + size));
  return errors.found;
}

it.each([1, 3, 1000])('finds an error event however its bytes are cut (%i at a time)', (size) => {
  const stream = 'event: response.created\ndata: {"type":"ü"}\n\nevent: response.failed\r\ndata: {"response":{"error":{"code":"invalid_prompt"}}}\r\n\r\n';
  expect(seen(stream, size)).toBe('{"response":{"error":{"code":"invalid_prompt"}}}');
});

it('takes nothing else for one, whatever it says', () => {
  expect(seen('event: response.output_text.delta\ndata: {"delta":"event: error"}\n\ndata: event: error\n\n', 7)).toBeNull();
});
