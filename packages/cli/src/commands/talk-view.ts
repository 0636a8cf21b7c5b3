import { escapeLine, escapeText } from '../escape-text.js';

export type Finding = {
  readonly rule: string;
  readonly severity: string;
  readonly message: string;
  readonly path: string | null;
  readonly line: number | null;
  readonly confidence: number | null;
};
export type Comment = {
  readonly id: string;
  readonly author: string;
  readonly text: string;
  readonly at: string;
  readonly byModel: boolean;
  readonly answers: string | null;
  readonly pending: boolean;
};
export type ModelReview = { readonly reviewer: string; readonly passes: readonly { readonly name: string; readonly findings: number; readonly error: string | null }[] };

function findingText({ rule, severity, message, path, line, confidence }: Finding): string {
  const place = path === null ? '' : ` ${path}${line === null ? '' : `:${line}`}`;
  const sure = confidence === null ? '' : `, model, ${Math.round(confidence * 100)} % sure`;
  return `  ${escapeLine(`${severity}${place}: ${message} (${rule}${sure})`)}\n`;
}

/** What was found, and what the model did not read. */
export function renderFindings(findings: readonly Finding[], review: ModelReview | null): string {
  const missed = (review?.passes ?? []).filter(({ error }) => error !== null).map(({ name, error }) => `  ${escapeLine(`not read for ${name}: ${error}`)}\n`);
  if (findings.length === 0 && missed.length === 0) return '';
  return `\nFindings:\n${findings.map(findingText).join('')}${missed.join('')}`;
}

/** The thread; answers are further in, and a model's carry its name and what it is. */
export function renderComments(comments: readonly Comment[]): string {
  if (comments.length === 0) return '';
  const lines = comments.map(({ author, text, byModel, answers, pending }) => {
    const indent = answers === null ? '  ' : '    ';
    const label = byModel || pending ? ' (model)' : '';
    return `${indent}${escapeLine(author)}${label}: ${escapeText(text).trimEnd().replaceAll('\n', `\n${indent}  `)}\n`;
  });
  return `\nComments:\n${lines.join('')}`;
}
