import { StringDecoder } from 'node:string_decoder';

/**
 * Keeps at most `maxBytes` of a stream: the first half and the last half, because a failing test says why at its end.
 * What `onText` gets live is cut after `maxBytes`.
 */
export class BoundedOutput {
  readonly #headMax: number;
  readonly #tailMax: number;
  readonly #decoder = new StringDecoder('utf8');
  #head: Buffer[] = [];
  #headBytes = 0;
  #tail: Buffer[] = [];
  #tailBytes = 0;
  #total = 0;

  constructor(
    private readonly maxBytes: number,
    private readonly onText?: (text: string) => void,
  ) {
    this.#headMax = Math.ceil(maxBytes / 2);
    this.#tailMax = maxBytes - this.#headMax;
  }

  get truncated(): boolean {
    return this.#total > this.maxBytes;
  }

  add(bytes: Buffer): void {
    this.#follow(bytes);
    this.#total += bytes.length;
    const forHead = bytes.subarray(0, this.#headMax - this.#headBytes);
    if (forHead.length > 0) {
      this.#head.push(Buffer.from(forHead));
      this.#headBytes += forHead.length;
    }
    const forTail = bytes.subarray(forHead.length);
    if (forTail.length === 0) return;
    this.#tail.push(Buffer.from(forTail));
    this.#tailBytes += forTail.length;
    // Twice the room, so that the copying stays linear however small the chunks are.
    if (this.#tailBytes > 2 * this.#tailMax + 65_536) this.#trimTail();
  }

  text(): string {
    this.#trimTail();
    const left = this.#total - this.#headBytes - this.#tailBytes;
    const tail = Buffer.concat(this.#tail);
    if (left === 0) return Buffer.concat([...this.#head, tail]).toString('utf8');
    return `${Buffer.concat(this.#head).toString('utf8')}\n[… ${left} bytes left out …]\n${tail.toString('utf8')}`;
  }

  #trimTail(): void {
    const whole = Buffer.concat(this.#tail);
    const kept = this.#tailMax === 0 ? Buffer.alloc(0) : Buffer.from(whole.subarray(-this.#tailMax));
    this.#tail = [kept];
    this.#tailBytes = kept.length;
  }

  #follow(bytes: Buffer): void {
    if (!this.onText || this.truncated) return;
    const room = this.maxBytes - this.#total;
    const text = this.#decoder.write(bytes.subarray(0, room));
    if (text !== '') this.onText(text);
    if (bytes.length > room) this.onText('\n[… more output, not followed live …]\n');
  }
}
