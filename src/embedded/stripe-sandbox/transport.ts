import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Answer } from './answer.ts';
import { API_VERSION } from './session.ts';

export type Request = { method: string; path: string; query: string; headers: IncomingHttpHeaders; text: string };
export type Plain = { status: number; type: string; body: string; location?: string };
type Handlers = { api: (request: Request) => Promise<Answer>; control: (request: Request) => Promise<Plain> };

const MAX_BODY = 1_048_576;
const LOOPBACK = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/;

export async function listen({ api, control }: Handlers, { port, host }: { port: number; host: string }) {
  const server = createServer((request, response) => {
    serve({ api, control }, { request, response }).catch((error) => {
      if (!response.headersSent) send(response, { status: 500, type: 'text/plain', body: String(error) });
      else response.destroy();
    });
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve));
  const { port: bound } = server.address() as AddressInfo;
  return { url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`, close: () => close(server) };
}

async function close(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), 1_000);
  await closed;
  clearTimeout(timer);
}

async function serve(
  handlers: Handlers,
  { request, response }: { request: IncomingMessage; response: ServerResponse },
) {
  // A web page of another host that points its name at this machine gets nothing.
  if (!LOOPBACK.test(request.headers.host ?? '')) {
    return send(response, { status: 421, type: 'text/plain', body: 'The sandbox answers on loopback only.' });
  }
  const text = await readBody(request);
  if (text === null) return send(response, { status: 413, type: 'text/plain', body: 'Too large.' });
  const url = new URL(request.url ?? '/', 'http://sandbox');
  const { method = 'GET', headers } = request;
  const made = { method, path: url.pathname, query: url.search.slice(1), headers, text };
  if (!url.pathname.startsWith('/v1/')) return send(response, await handlers.control(made));
  allowBrowsers(request, response);
  if (method === 'OPTIONS') return send(response, { status: 204, type: 'text/plain', body: '' });
  const { status, body, headers: named, requestId, isDropped } = await handlers.api(made);
  if (isDropped) {
    response.destroy();
    return;
  }
  const version = String(headers['stripe-version'] ?? API_VERSION);
  for (const [name, value] of Object.entries({ 'request-id': requestId, 'stripe-version': version, ...named })) {
    response.setHeader(name, value);
  }
  send(response, { status, type: 'application/json', body });
}

function allowBrowsers(request: IncomingMessage, response: ServerResponse): void {
  response.setHeader('access-control-allow-origin', '*');
  response.setHeader('access-control-allow-methods', 'GET, HEAD, POST, DELETE');
  response.setHeader('access-control-allow-headers', request.headers['access-control-request-headers'] ?? '*');
  response.setHeader('access-control-expose-headers', 'Request-Id, Idempotent-Replayed, Original-Request');
  response.setHeader('access-control-max-age', '300');
}

async function readBody(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > MAX_BODY) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function send(response: ServerResponse, { status, type, body, location }: Plain): void {
  response.statusCode = status;
  response.setHeader('content-type', `${type}; charset=utf-8`);
  response.setHeader('x-stripe-sandbox', 'true');
  response.setHeader('cache-control', 'no-store');
  if (location) response.setHeader('location', location);
  response.end(body);
}
