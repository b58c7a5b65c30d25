import { type ChildProcess, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { get } from 'node:http';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import packageJson from '../../package.json' with { type: 'json' };

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const STOP_WITHIN_MS = 10_000;
const READY_WITHIN_MS = 30_000;
const TICKS_PER_SECOND = 100;

export type Process = { child: ChildProcess; pid: number; stop: () => Promise<void> };
export type Command = { args: string[]; env?: Record<string, string>; stdout?: 'ignore' | 'pipe' };

const alive = new Set<ChildProcess>();
// The net below `stop`: whatever way this process ends, its children do not outlive it.
process.on('exit', () => {
  for (const child of alive) child.kill('SIGKILL');
});

/** `NAME=value … node --flag … src/server.ts` of package.json: what `npm start` runs, whatever that becomes. */
const START = splitCommand(packageJson.scripts.start);
export const SERVER_ARGS = START.args;

function splitCommand(command: string): { env: Record<string, string>; args: string[] } {
  const words = command.split(' ');
  const node = words.indexOf('node');
  const env = Object.fromEntries(
    words
      .slice(0, node)
      .filter((word) => word.includes('='))
      .map((word) => word.split('=', 2)),
  );
  return { env, args: words.slice(node + 1) };
}

/** `node …` from the project's root. Baselines too get the environment of `npm start`: threads, compile cache. */
export function startNode({ args, env = {}, stdout = 'ignore' }: Command): Process {
  const path = `${dirname(process.execPath)}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`;
  const child = spawn(process.execPath, args, {
    cwd: ROOT,
    env: { PATH: path, ...START.env, ...env },
    stdio: ['ignore', stdout, 'inherit'],
  });
  alive.add(child);
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve())).then(() => alive.delete(child));
  const stop = async () => {
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS);
    await ended;
    clearTimeout(timer);
  };
  return { child, pid: child.pid ?? 0, stop };
}

type Waiting = { child: ChildProcess; startedAt: number };

/** Asks until the answer is 200, and says after how many milliseconds from `startedAt` it was. */
export function waitForOk(url: string, waiting: Waiting): Promise<number> {
  return waitFor(url, { ...waiting, isReady: (status) => status === 200 });
}

/** Asks until there is any answer. */
export function waitForAnswer(url: string, waiting: Waiting): Promise<number> {
  return waitFor(url, { ...waiting, isReady: (status) => status > 0 });
}

type Watching = Waiting & { isReady: (status: number) => boolean };

async function waitFor(url: string, { child, startedAt, isReady }: Watching): Promise<number> {
  while (performance.now() - startedAt < READY_WITHIN_MS) {
    if (isReady(await statusOf(url))) return performance.now() - startedAt;
    if (child.exitCode !== null) throw new Error(`the process for ${url} ended with code ${child.exitCode}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`${url} was not ready within ${READY_WITHIN_MS} ms`);
}

function statusOf(url: string): Promise<number> {
  return new Promise((resolve) => {
    const request = get(url, { agent: false }, (response) => {
      response.resume();
      response.once('end', () => resolve(response.statusCode ?? 0));
    });
    request.once('error', () => resolve(0));
  });
}

/** The whole of what a one-shot process prints. */
export async function outputOf(running: Process): Promise<string> {
  let output = '';
  running.child.stdout?.on('data', (chunk) => {
    output += chunk;
  });
  const code = await new Promise((resolve) => running.child.once('close', resolve));
  if (code !== 0) throw new Error(`a baseline process ended with code ${code}`);
  return output;
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Resident memory in MiB (Linux). */
export async function residentMemory(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
}

/** Seconds of processor time that the process has used in all its threads (Linux). */
export async function processorTime(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}
