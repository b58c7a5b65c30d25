import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { afterFile } from './after-file.ts';
import { endWithFile } from './server-process.ts';
import { tempDir } from './temp-dir.ts';

const BINARY = '/usr/bin/redis-server';

export type PrivateRedis = {
  url: string;
  /** kill -9: connections end, and nothing listens until `start`. */
  kill: () => Promise<void>;
  /** Starts it, or starts it again on the same port, empty. */
  start: () => Promise<void>;
  /** It keeps its connections, takes new ones, and answers nothing until `resume`. */
  hang: () => void;
  resume: () => void;
};

/** A Redis that one test file may kill: in memory only, on a port of its own. Not running before `start`. */
export async function privateRedis(): Promise<PrivateRedis> {
  if (!existsSync(BINARY)) throw new Error(`${BINARY} is missing: apt-get install redis-server`);
  const port = await freePort();
  const dir = tempDir();
  let child: ChildProcess | undefined;
  return {
    url: `redis://127.0.0.1:${port}`,
    kill: async () => {
      const ended = child && once(child, 'exit');
      child?.kill('SIGKILL');
      await ended;
    },
    start: async () => {
      child = launch(port, dir);
      await untilReady(child);
    },
    hang: () => void child?.kill('SIGSTOP'),
    resume: () => void child?.kill('SIGCONT'),
  };
}

export async function startRedis(): Promise<PrivateRedis> {
  const redis = await privateRedis();
  await redis.start();
  return redis;
}

/** Takes connections and never says a word. */
export async function startSilentServer(): Promise<{ url: string }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}));
  });
  const port = await listen(server, 0);
  afterFile(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { url: `redis://127.0.0.1:${port}` };
}

function launch(port: number, dir: string): ChildProcess {
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', dir];
  const child = spawn(BINARY, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  endWithFile(child);
  return child;
}

function untilReady(child: ChildProcess): Promise<void> {
  let output = '';
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`redis-server ended with ${code}: ${output}`)));
    child.stdout?.on('data', (chunk) => {
      output += chunk;
      if (output.includes('Ready to accept connections')) resolve();
    });
  });
}

async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listen(server, 0);
  server.close();
  await once(server, 'close');
  return port;
}

async function listen(server: Server, port: number): Promise<number> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as { port: number }).port;
}
