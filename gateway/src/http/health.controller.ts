import { Controller, Get, Inject, Res } from '@nestjs/common';
import type { Response } from 'express';

import { Public } from '../auth/public.decorator.js';

export type PartProbe = { readonly name: string; readonly check: () => Promise<void> };
export type PartState = { readonly name: string; readonly ok: boolean; readonly ms: number; readonly message?: string };

export const PROBES = Symbol('probes');

const PROBE_DEADLINE_MS = 3_000;

async function probe({ name, check }: PartProbe): Promise<PartState> {
  const begun = Date.now();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${PROBE_DEADLINE_MS} ms`)), PROBE_DEADLINE_MS);
  });
  try {
    await Promise.race([check(), late]);
    return { name, ok: true, ms: Date.now() - begun };
  } catch (error) {
    return { name, ok: false, ms: Date.now() - begun, message: error instanceof Error ? error.message : 'failed' };
  } finally {
    clearTimeout(timer);
  }
}

/** For whoever starts and watches the process; says nothing about anybody's data. */
@Controller()
export class HealthController {
  constructor(@Inject(PROBES) private readonly probes: readonly PartProbe[]) {}

  @Get('live')
  @Public()
  live() {
    return { ok: true };
  }

  @Get('ready')
  @Public()
  async ready(@Res() res: Response): Promise<void> {
    const parts = await Promise.all(this.probes.map(probe));
    const ok = parts.every((part) => part.ok);
    res.status(ok ? 200 : 503).json({ ok, parts });
  }
}
