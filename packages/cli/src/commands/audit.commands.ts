import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';

import { verifyBundle } from '@countersign/verify';
import { Command, InvalidArgumentError } from 'commander';
import { z } from 'zod';

import { CliError, usage } from '../cli-error.js';
import type { Commands, Context } from '../context.js';
import { escapeLine } from '../escape-text.js';
import { readInput } from '../input-file.js';
import { intoWholeFile, requireFree, writeOutput } from '../output-file.js';
import { PinnedRootFile } from '../pinned-root.js';
import { showAuditCommand } from './trail.commands.js';

type ExportFlags = { request?: string; from?: string; to?: string; checkpoint?: string; saveCheckpoint?: string; output: string; force?: boolean };

const madeExport = z.object({ id: z.string(), bytes: z.int(), sha256: z.string(), entries: z.int() });
type Made = z.output<typeof madeExport>;

/** Writes the bundle as it comes; a transfer that ends early or brings other bytes fails. */
async function fetchBundle({ gateway, io, printer }: Context, { id, bytes, sha256 }: Made, file: FileHandle): Promise<void> {
  const { body } = await gateway.open(`/audit/exports/${encodeURIComponent(id)}`);
  const hash = createHash('sha256');
  let received = 0;
  try {
    for await (const chunk of body ?? []) {
      hash.update(chunk);
      await file.writeFile(chunk);
      received += chunk.length;
      if (io.stderr.isTty) io.stderr.write(`\r${Math.floor((received / Math.max(1, bytes)) * 100)} %`);
    }
  } catch {
    throw new CliError('SERVICE_UNAVAILABLE', `The transfer ended after ${received} of ${bytes} bytes: nothing was kept; export again`);
  } finally {
    if (io.stderr.isTty) io.stderr.write('\n');
  }
  if (received !== bytes || hash.digest('hex') !== sha256) throw new CliError('ARTIFACT_CORRUPT', 'What arrived is not the bundle that was made: nothing was kept; export again');
  printer.note(`${received} bytes, SHA-256 ${sha256}`);
}

/** A checkpoint is evidence against the log, so one that its bundle does not bear out never takes the place of the one before. */
async function keepCheckpoint({ io }: Context, bundleFile: string, earlier: string | undefined, target: string): Promise<void> {
  const text = await readInput(bundleFile, 'output');
  const pinned = await new PinnedRootFile(io).read();
  const { fault } = verifyBundle(text, {
    ...(pinned && { root: pinned.root, minNumber: pinned.number }),
    ...(earlier !== undefined && { earlierCheckpoint: earlier }),
  });
  if (fault) throw new CliError('LOG_BROKEN', `${bundleFile} is written but does not hold: ${fault.code}, ${fault.message}. Its checkpoint was not saved; \`verify\` says the same`);
  await writeOutput(target, (JSON.parse(text) as { checkpoint: string }).checkpoint);
}

async function exportBundle(context: Context, _: readonly string[], flags: ExportFlags): Promise<void> {
  const { request, from, to, checkpoint, saveCheckpoint, output, force } = flags;
  const { gateway, printer } = context;
  if (request !== undefined && (from ?? to) !== undefined) throw usage('Say --request or a span of time, not both', 'request');
  await requireFree(output, 'output', force);
  if (saveCheckpoint !== undefined) await requireFree(saveCheckpoint, 'save-checkpoint', (force ?? false) || saveCheckpoint === checkpoint);
  const earlier = checkpoint === undefined ? undefined : await readInput(checkpoint, 'checkpoint');
  printer.note('The bundle is being made …');
  const answer = madeExport.safeParse(await gateway.post('/audit/exports', { request, from, to, earlier }));
  if (!answer.success) throw new CliError('INTERNAL', 'The gateway answered in a form that is not ours');
  const made = answer.data;
  printer.note(`${made.entries} entries, ${made.bytes} bytes`);
  await intoWholeFile(output, (file) => fetchBundle(context, made, file));
  if (saveCheckpoint !== undefined) await keepCheckpoint(context, output, earlier, saveCheckpoint);
  const { bytes, sha256, entries } = made;
  printer.answer({ file: output, bytes, sha256, entries, checkpoint: saveCheckpoint ?? null }, () =>
    `${escapeLine(output)} holds ${entries} entries.\n${saveCheckpoint === undefined ? '' : `${escapeLine(saveCheckpoint)} holds its checkpoint: keep it, and give it to the next export and to \`verify\`.\n`}`);
}

function timeArgument(text: string): string {
  const isTime = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d))?$/.test(text) && !Number.isNaN(Date.parse(text));
  if (!isTime) throw new InvalidArgumentError('Say a day, like 2026-11-21 (its beginning, UTC), or a time, like 2026-11-21T08:54:22Z.');
  return new Date(text).toISOString();
}

export function auditCommand(commands: Commands): Command {
  return new Command('audit').description('What was recorded, to read and to take away. `audit <id>` is `audit show <id>`.')
    .addCommand(showAuditCommand(commands), { isDefault: true })
    .addCommand(commands.make<ExportFlags>(
      'export',
      'Write a bundle that `verify` checks offline: of one request, of a span of time, or of the whole log.',
      exportBundle,
      (command) =>
        command
          .requiredOption('-o, --output <file>', 'where it goes')
          .option('--request <id>', 'what was recorded on this request')
          .option('--from <time>', 'what was recorded from this time on', timeArgument)
          .option('--to <time>', 'what was recorded up to this time', timeArgument)
          .option('--checkpoint <file>', 'an earlier checkpoint that you kept: the bundle then proves that nothing before it was changed')
          .option('--save-checkpoint <file>', "keep the bundle's checkpoint for the next export; it may be the file of `--checkpoint`")
          .option('--force', 'replace files that are there'),
    ));
}
