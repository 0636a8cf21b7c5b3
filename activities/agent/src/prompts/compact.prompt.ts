import { DATA_RULE, type Prompt } from './prompt.js';

export const COMPACT_PROMPT: Prompt = {
  name: 'compact',
  version: 1,
  text: `The work below has grown longer than what you can be shown at once. The section "transcript" holds its older part: what you said, which tools you called, what they answered; "summary" holds what was summed up before. The other sections are the task itself; you will be given them again, so do not repeat them.

Write the summary from which you will go on, as plain text without any tool call. It takes the place of the transcript. Keep, as exact as they are there:
- which steps are done, which is in progress, which are left;
- each file that was changed and how; each file that was read and what in it matters for the rest (names, signatures, line numbers, the very lines that still have to be changed);
- commands that were run, with their outcome and the messages of failures that are not mended yet;
- what was tried and did not work, and why;
- decisions made and their reasons; paths "output:…" that may have to be read again.
Leave out what is settled and will not be needed. No greeting, no comment on the task. At most 1500 words.

${DATA_RULE}`,
};
