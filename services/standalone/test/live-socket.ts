/** One subscription over a plain WebSocket, with the time at which each event came. */
export type LiveSocket = {
  readonly events: { readonly at: number; readonly data: Record<string, unknown> }[];
  until(isThere: () => boolean): Promise<void>;
  close(): void;
};

export async function liveSocket(gateway: string, token: string, query: string, variables: object = {}): Promise<LiveSocket> {
  const socket = new WebSocket(`${gateway.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  const events: LiveSocket['events'] = [];
  const looks = new Set<() => void>();
  let failure: string | undefined;
  const look = (): void => looks.forEach((each) => each());
  socket.addEventListener('open', () => socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } })));
  socket.addEventListener('close', ({ code, reason }) => {
    failure ??= `closed: ${code} ${reason}`;
    look();
  });
  socket.addEventListener('message', ({ data }) => {
    const at = performance.now();
    const message = JSON.parse(String(data)) as { type: string; payload?: { data?: Record<string, unknown> | null; errors?: unknown } };
    if (message.type === 'connection_ack') socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query, variables } }));
    if (message.type === 'ping') socket.send('{"type":"pong"}');
    if (message.type === 'next' && message.payload?.data) events.push({ at, data: message.payload.data });
    else if (message.type === 'next' || message.type === 'error') failure ??= JSON.stringify(message.payload);
    look();
  });
  const until = (isThere: () => boolean): Promise<void> =>
    new Promise((resolve, reject) => {
      const check = (): void => {
        if (!isThere() && failure === undefined) return;
        looks.delete(check);
        if (isThere()) resolve();
        else reject(new Error(failure));
      };
      looks.add(check);
      check();
    });
  await until(() => events.length > 0);
  return { events, until, close: () => socket.close() };
}
