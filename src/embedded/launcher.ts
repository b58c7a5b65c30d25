import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** How to start PostgreSQL, which refuses to run as root. */
export type Launcher = { prefix: string[]; uid?: number; gid?: number; env: Record<string, string> };

const NOBODY = '65534';
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * An ordinary user starts it as it is. Root starts it in a user namespace, where it is nobody inside and may still read
 * root's own folders; where namespaces are forbidden, as the system user "postgres", who is made if need be.
 */
export async function chooseLauncher(dir: string): Promise<Launcher> {
  const env = { PATH };
  if (process.getuid?.() !== 0) return { prefix: [], env };
  const { uid, gid } = await stat(dir);
  const namespace = ['unshare', '--user', `--map-user=${NOBODY}`, `--map-group=${NOBODY}`];
  if (uid === 0 && (await succeeds([...namespace, 'true']))) return { prefix: namespace, env };
  if (uid !== 0) return { prefix: [], uid, gid, env };

  const ids = await systemUser();
  await requireReachable(dir, ids.uid);
  return { prefix: [], ...ids, env };
}

async function systemUser(): Promise<{ uid: number; gid: number }> {
  if (!(await succeeds(['id', 'postgres']))) {
    const made = await succeeds(['useradd', '--system', '--no-create-home', '--user-group', 'postgres']);
    if (!made) throw new Error('PostgreSQL does not run as root: make a system user "postgres", or set DATABASE_URL.');
  }
  const number = async (flag: string) => Number((await run('id', [flag, 'postgres'])).stdout);
  return { uid: await number('-u'), gid: await number('-g') };
}

async function requireReachable(dir: string, uid: number): Promise<void> {
  for (let path = dirname(dir); path !== dirname(path); path = dirname(path)) {
    const found = await stat(path);
    if (found.uid !== uid && (found.mode & 0o001) === 0) {
      throw new Error(`PostgreSQL does not run as root, and its user cannot enter ${path}: move, or set DATABASE_URL.`);
    }
  }
}

async function succeeds([file = '', ...args]: string[]): Promise<boolean> {
  return run(file, args).then(
    () => true,
    () => false,
  );
}
