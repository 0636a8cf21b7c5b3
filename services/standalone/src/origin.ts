import { existsSync, readFileSync } from 'node:fs';

import { AppError } from '@countersign/domain';

import { type DataFolder, writeWhole } from './parts/data-folder.js';

/**
 * What the transparency logs of this installation are called. Fixed at the first start: checkpoints that auditors keep
 * bear it.
 *
 * @throws AppError CONFIG_INVALID where another one is set later.
 */
export function originOf(folder: Pick<DataFolder, 'instanceId' | 'file'>, wanted: string | undefined): string {
  const file = folder.file('origin');
  if (!existsSync(file)) writeWhole(file, wanted ?? `countersign.local/${folder.instanceId}`);
  const fixed = readFileSync(file, 'utf8');
  if (wanted !== undefined && wanted !== fixed) {
    throw new AppError('CONFIG_INVALID', `COUNTERSIGN_ORIGIN is ${fixed} since the first start and cannot become ${wanted}: checkpoints that were kept bear the first name`, { field: 'COUNTERSIGN_ORIGIN' });
  }
  return fixed;
}
