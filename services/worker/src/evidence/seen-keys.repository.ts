import { toDatabaseError } from '@countersign/platform';
import type { DataSource } from 'typeorm';

import type { SeenNumbersPort } from './pinned-keys.js';
import { SeenKeysEntity } from './seen-keys.entity.js';

export class SeenKeys implements SeenNumbersPort {
  private readonly root: string;

  constructor(
    private readonly dataSource: DataSource,
    root: Uint8Array,
  ) {
    this.root = Buffer.from(root).toString('base64');
  }

  async highest(): Promise<number> {
    try {
      return (await this.dataSource.manager.findOneBy(SeenKeysEntity, { root: this.root }))?.number ?? 0;
    } catch (error) {
      throw toDatabaseError(error);
    }
  }

  async raise(number: number): Promise<void> {
    try {
      await this.dataSource.query(
        `INSERT INTO seen_keys (root, number) VALUES ($1, $2)
         ON CONFLICT (root) DO UPDATE SET number = GREATEST(seen_keys.number, EXCLUDED.number)`,
        [this.root, number],
      );
    } catch (error) {
      throw toDatabaseError(error);
    }
  }
}
