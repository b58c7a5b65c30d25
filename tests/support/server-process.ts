import { type ChildProcess, spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { vi } from 'vitest';
import { afterFile } from './after-file.ts';
import { testEnvironment } from './config.ts';
import { type Call, httpCaller } from './http-caller.ts';

// Many processes start on few cores.
vi.setConfig({ testTimeout: 90_000, maxConcurrency: 10 });

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export type Exit = { code: number | null; signal: NodeJS.Signals | null };
export type ServerProcess = {
  pid: number;
  stdout: () => string;
  stderr: () => string;
  /** Sends the signal and waits for the end. */
  stop: (signal?: NodeJS.Signals) => Promise<Exit>;
  exited: Promise<Exit>;
  /** The address from the log line of the listener. */
  listening: () => Promise<string>;
  /** The same, once the server says that its database is prepared. */
  ready: () => Promise<string>;
};
export type RunningServer = ServerProcess & { url: string; call: Call };

/** A server of the test run: no rate limits, and a short pause before the listener closes. */
export function serverEnvironment(databaseUrl: string, overrides: Record<string, string> = {}): Record<string, string> {
  const env = testEnvironment(databaseUrl, { RATE_LIMITS: 'off', SHUTDOWN_DRAIN_MS: '50', ...overrides });
  const { DATA_DIR: dir } = env;
  if (dir && !overrides['DATA_DIR']) afterFile(() => rmSync(dir, { recursive: true, force: true }));
  return env;
}

/** The real server as a process of its own. It sees the given environment and nothing else; it never outlives the file. */
export function launchServer(env: Record<string, string>, nodeFlags: string[] = []): ServerProcess {
  const child = spawn(process.execPath, ['--import', './src/preload.ts', ...nodeFlags, 'src/server.ts'], {
    cwd: ROOT,
    env: { PATH: process.env['PATH'], NODE_COMPILE_CACHE: 'node_modules/.cache/node', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  endWithFile(child);
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  // 'close' comes after the last output, 'exit' may come before it.
  const exited = new Promise<Exit>((resolve) => child.once('close', (code, signal) => resolve({ code, signal })));
  const find = (pattern: RegExp) =>
    vi.waitFor(
      () => {
        const found = pattern.exec(stdout);
        if (found) return found[1] ?? '';
        throw new Error(`no ${pattern} in the output; exit ${child.exitCode}; ${stderr}${stdout.slice(-2000)}`);
      },
      { timeout: 60_000, interval: 20 },
    );
  const listening = () => find(/Server listening at (http:\/\/[\d.]+:\d+)/);
  return {
    pid: child.pid ?? 0,
    stdout: () => stdout,
    stderr: () => stderr,
    stop: async (signal = 'SIGTERM') => {
      child.kill(signal);
      return exited;
    },
    exited,
    listening,
    ready: async () => {
      await find(/(for development\n|"msg":"ready")/);
      return listening();
    },
  };
}

/** A server that takes requests. */
export async function startServer(env: Record<string, string>, nodeFlags: string[] = []): Promise<RunningServer> {
  const server = launchServer(env, nodeFlags);
  const url = await server.ready();
  return { ...server, url, call: httpCaller(url) };
}

export function endWithFile(child: ChildProcess): void {
  const kill = () => void child.kill('SIGKILL');
  process.once('exit', kill);
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  void ended.then(() => process.removeListener('exit', kill));
  afterFile(async () => {
    kill();
    if (child.pid !== undefined) await ended;
  });
}
