import { createServer, type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterFile } from './after-file.ts';

type Behaviour = 'pass' | 'hang' | { status: number; headers?: OutgoingHttpHeaders; body?: string };

/** An RPC provider in front of a node: it passes on what it is asked, or does what is said. Counts what it is asked. */
export async function startRpcProxy(nodeUrl: string) {
  let behave: (asked: number) => Behaviour = () => 'pass';
  let asked = 0;
  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    asked += 1;
    const how = behave(asked);
    if (how === 'hang') return;
    if (how !== 'pass') return void response.writeHead(how.status, how.headers).end(how.body);
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(nodeUrl, { method: 'POST', headers, body: Buffer.concat(chunks) });
    response.writeHead(answer.status, headers).end(await answer.text());
  };
  const server = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  afterFile(() => {
    server.close();
    server.closeAllConnections();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: () => asked,
    /** `asked` counts from one at each change. */
    behave: (next: (asked: number) => Behaviour) => {
      behave = next;
      asked = 0;
    },
  };
}
