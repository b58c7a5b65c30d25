import { createServer, type OutgoingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterFile } from './after-file.ts';

type Said = { status?: number; body?: string; headers?: OutgoingHttpHeaders; hangs?: boolean };

/** A source of market rates on loopback: it says what it is told to, and remembers what it was asked. */
export async function startRateSource() {
  let said: Said = {};
  const asked: string[] = [];
  const answer = (response: ServerResponse) => {
    const { status = 200, body = '', headers = { 'content-type': 'application/json' }, hangs = false } = said;
    if (!hangs) response.writeHead(status, headers).end(body);
  };
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    answer(response);
  });
  const listen = (port: number) => new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  await listen(0);
  const { port } = server.address() as AddressInfo;
  const stop = async () => {
    if (!server.listening) return;
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  };
  afterFile(() => void stop());
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    say: (next: Said) => {
      said = next;
    },
    stop,
    startAgain: () => listen(port),
  };
}
