/** Reads the engine's multiplexed stream: frames of an 8-byte header (kind, length) and that many bytes. */
export type FrameSink = (bytes: Buffer, stream: 'stdout' | 'stderr') => void;

const HEADER_BYTES = 8;
const STDERR = 2;

/** A reader for chunks cut anywhere. Bytes of a frame are handed on as they come, so a long frame is never gathered. */
export function frameReader(sink: FrameSink): (chunk: Buffer) => void {
  let header = Buffer.alloc(0);
  let stream: 'stdout' | 'stderr' = 'stdout';
  let left = 0;
  return (chunk) => {
    let rest = chunk;
    while (rest.length > 0) {
      if (left === 0) {
        const taken = rest.subarray(0, HEADER_BYTES - header.length);
        header = Buffer.concat([header, taken]);
        rest = rest.subarray(taken.length);
        if (header.length < HEADER_BYTES) return;
        stream = header[0] === STDERR ? 'stderr' : 'stdout';
        left = header.readUInt32BE(4);
        header = Buffer.alloc(0);
        continue;
      }
      const bytes = rest.subarray(0, left);
      left -= bytes.length;
      rest = rest.subarray(bytes.length);
      sink(bytes, stream);
    }
  };
}
