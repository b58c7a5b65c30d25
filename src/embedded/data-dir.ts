import { access, constants, link, mkdir, readFile, unlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

/** Makes the data folder, or says in one line why it cannot. */
export async function openDataDir(name: string): Promise<string> {
  const dir = resolve(name);
  try {
    await mkdir(dir, { recursive: true, mode: 0o700 });
    await access(dir, constants.W_OK);
    const probe = join(dir, `.write-${process.pid}`);
    await writeFile(probe, '');
    await unlink(probe);
  } catch (error) {
    throw new Error(`The data folder ${dir} is not writable (${(error as NodeJS.ErrnoException).code}): set DATA_DIR.`);
  }
  return dir;
}

/** Two servers on one folder would stop each other's database: the second is refused. */
export async function lockDataDir(dir: string): Promise<() => Promise<void>> {
  const file = join(dir, 'server.pid');
  // Linked into place: a rival never sees the file without its number.
  const write = async () => {
    await writeFile(`${file}.${process.pid}`, String(process.pid));
    await link(`${file}.${process.pid}`, file).finally(() => unlink(`${file}.${process.pid}`));
  };
  try {
    await write();
  } catch {
    const pid = Number(await readFile(file, 'utf8').catch(() => ''));
    if (pid !== process.pid && (await isServer(pid))) {
      throw new Error(`TTConnect runs on ${dir} already (process ${pid}): stop it, or set DATA_DIR to another folder.`);
    }
    await unlink(file);
    await write();
  }
  return () => unlink(file).catch(() => {});
}

// The number may have gone to another program since: where /proc tells, only a node process counts.
async function isServer(pid: number): Promise<boolean> {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => 'server.ts');
  return command.includes('server.ts');
}
