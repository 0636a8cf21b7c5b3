import type { Life } from './life.js';

/** What the Temporal UI shows of a request, as Markdown. Titles are quoted: they are people's text. */
export function detailsOf(life: Life, waitingFor?: string): string {
  const { settings, gate } = life;
  const lines = [
    `**${life.state}**${life.paused ? ` · paused (${life.paused})` : ''}`,
    settings ? `> ${settings.title.replaceAll(/[\r\n]+/g, ' ').slice(0, 200)}` : '',
    waitingFor ? `Waiting: ${waitingFor}` : '',
    gate ? `Gate **${gate.gate}**, revision ${gate.revision}, digest \`${gate.digest.slice(0, 4)}·${gate.digest.slice(4, 8)}\`, open until ${gate.deadline}` : '',
    life.attempt > 1 ? `Attempt ${life.attempt}` : '',
  ];
  return lines.filter((line) => line !== '').join('\n\n');
}
