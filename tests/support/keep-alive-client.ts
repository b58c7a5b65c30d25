import { Agent, request } from 'node:http';
import { afterFile } from './after-file.ts';

export type Reply =
  | { kind: 'answer'; status: number; body: string; connection: string | undefined }
  /** No answer, on a connection of its own that the server never took up: it was refused. */
  | { kind: 'refused' }
  /** No answer on a connection that had served a request before. */
  | { kind: 'dropped'; reason: string };

/** A client that keeps its connection and says whether a lost request went over a kept one. */
export function keepAliveClient(url: string): (path: string) => Promise<Reply> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  afterFile(() => agent.destroy());
  return (path) =>
    new Promise((resolve) => {
      const sent = request(`${url}${path}`, { agent }, (response) => {
        let body = '';
        response.on('data', (chunk) => {
          body += chunk;
        });
        response.on('error', (error) => resolve({ kind: 'dropped', reason: String(error) }));
        response.on('end', () => {
          const { statusCode = 0, headers } = response;
          resolve({ kind: 'answer', status: statusCode, body, connection: headers.connection });
        });
      });
      sent.on('error', (error) =>
        resolve(sent.reusedSocket ? { kind: 'dropped', reason: String(error) } : { kind: 'refused' }),
      );
      sent.end();
    });
}
