import { connect, type Socket } from 'node:net';

export type RawAnswer = { status: number; headers: string; body: any; tookMs: number };

/** Speaks to a server byte by byte, and gives the answer with which the server closed the connection. */
export function rawRequest(url: string, write: (socket: Socket) => void): Promise<RawAnswer> {
  const { hostname, port } = new URL(url);
  const startedAt = performance.now();
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect(Number(port), hostname, () => write(socket));
    socket.on('data', (chunk) => {
      text += chunk;
    });
    // What is written after the answer may be reset: the answer counts.
    socket.on('error', () => {});
    socket.setTimeout(30_000, () => socket.destroy());
    socket.on('close', () => {
      const [head = '', body = ''] = text.split('\r\n\r\n');
      const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(head)?.[1]);
      const tookMs = performance.now() - startedAt;
      try {
        resolve({ status, headers: head.toLowerCase(), body: JSON.parse(body), tookMs });
      } catch {
        reject(new Error(`no JSON in the answer after ${Math.round(tookMs)} ms: ${JSON.stringify(text)}`));
      }
    });
  });
}

/** Writes one byte at a time until the connection is closed. */
export function trickle(socket: Socket, { start, every }: { start: string; every: number }): void {
  socket.write(start);
  const timer = setInterval(() => socket.write('a'), every);
  socket.once('close', () => clearInterval(timer));
}
