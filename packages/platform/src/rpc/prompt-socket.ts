import type { Socket } from 'node:net';

import { JsonSocket } from '@nestjs/microservices';

import { MAX_FRAME_CHARS } from './rpc-wire.contract.js';

/**
 * Sends each frame at once: Nest leaves Nagle's algorithm on, and together with the other side's delayed
 * acknowledgements a short call then waits for 40 ms. Nest hands its framing limits to a `JsonSocket` of its own only.
 */
export class PromptSocket extends JsonSocket {
  constructor(socket: Socket) {
    socket.setNoDelay(true);
    super(socket, { maxBufferSize: MAX_FRAME_CHARS });
  }
}
