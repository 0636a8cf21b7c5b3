import type { Spec } from '@countersign/domain';

import type { ChatRequest, TaskSection, ToolResult } from '../ports/language-model.port.js';

export function sectionTexts({ messages }: ChatRequest, name: TaskSection['name']): readonly string[] {
  return messages.flatMap((message) => (message.role === 'task' ? message.sections.filter((section) => section.name === name).map((section) => section.text) : []));
}

export function sectionText(request: ChatRequest, name: TaskSection['name']): string {
  return sectionTexts(request, name).join('\n');
}

export function toolResults({ messages }: ChatRequest): readonly ToolResult[] {
  return messages.flatMap((message) => (message.role === 'tools' ? message.results : []));
}

const GOAL_BREAK = '\n\n';

/** The goal is a heading and the recipes, so that an approved spec alone says what will be planned. */
export function goalOf(title: string, instructions: readonly string[]): string {
  return `${title}${GOAL_BREAK}${instructions.join('\n')}`;
}

export function recipesOfGoal({ goal }: Spec): string {
  const at = goal.indexOf(GOAL_BREAK);
  return at < 0 ? goal : goal.slice(at + GOAL_BREAK.length);
}
