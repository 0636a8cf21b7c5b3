import type { Command } from 'commander';

import type { Commands } from '../context.js';
import { diagnose } from '../doctor/doctor.js';
import { renderTable } from '../table.js';

export function doctorCommand(commands: Commands): Command {
  return commands.make('doctor', 'Every part: found where, which version, whether it answers now, what to type if not.', async (context) => {
    const { io, printer } = context;
    const diagnosis = await diagnose(io);
    printer.answer(diagnosis, () => {
      const table = renderTable(['', 'part', 'version', 'where'], diagnosis.parts.map(({ ok, name, version, where }) => [ok ? '✓ ok' : '✗ missing', name, version, where]));
      const fixes = diagnosis.parts.filter(({ ok }) => !ok).map(({ name, fix }) => `${name}: ${fix ?? ''}\n`);
      const notes = diagnosis.parts.filter(({ ok, note }) => ok && note).map(({ name, note }) => `${name}: ${note}\n`);
      const words = [...fixes, ...notes];
      return words.length > 0 ? `${table}\n${words.join('')}` : table;
    });
    if (!diagnosis.ok) context.exitCode = 6;
  });
}
