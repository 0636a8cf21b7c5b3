import { createHash } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';

import type { LoggedCall } from './script.js';

const KEY_HEADERS = new Set(['authorization', 'x-api-key', 'api-key', 'cookie']);

/** Written as each call arrives, before it is answered: it tells what was asked even if the caller dies. */
export class CallLog {
  readonly calls: LoggedCall[] = [];

  constructor(private readonly file?: string) {}

  add(call: Omit<LoggedCall, 'callNumber' | 'at' | 'bodyDigest' | 'headers'>, body: string, headers: IncomingHttpHeaders): LoggedCall {
    const logged: LoggedCall = {
      callNumber: this.calls.length + 1,
      at: new Date().toISOString(),
      ...call,
      bodyDigest: createHash('sha256').update(body).digest('hex'),
      headers: withoutKeys(headers),
    };
    this.calls.push(logged);
    if (this.file !== undefined) appendFileSync(this.file, `${JSON.stringify(logged)}\n`);
    return logged;
  }
}

function withoutKeys(headers: IncomingHttpHeaders): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => (value === undefined || KEY_HEADERS.has(name) ? [] : [[name, String(value)]])),
  );
}
