/** Events by which a provider says, in the middle of an answer, that there will be no more of it. */
const ERROR_EVENTS = ['event: error', 'event: response.failed'];
const DATA = 'data:';

/** Looks on as an answer streams by: LangChain passes over such an event of the responses API. */
export class StreamErrors {
  private readonly decoder = new TextDecoder();
  private rest = '';
  private isError = false;

  /** The body of an error event, once there was one. */
  found: string | null = null;

  see(bytes: Uint8Array): void {
    const lines = `${this.rest}${this.decoder.decode(bytes, { stream: true })}`.split(/\r?\n/);
    this.rest = lines.pop() ?? '';
    for (const line of lines) this.line(line);
  }

  private line(line: string): void {
    if (line.startsWith('event:')) this.isError = ERROR_EVENTS.includes(line.trim());
    else if (this.isError && line.startsWith(DATA)) this.found ??= line.slice(DATA.length).trim();
  }
}
