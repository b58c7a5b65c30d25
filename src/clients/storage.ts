import { constants } from 'node:fs';
import { access, mkdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Where files live. So far only the folder and its health: uploads use the same gateway. */
export type Storage = { check: () => Promise<void> };

export function createDiskStorage(dataDir: string): Storage {
  const folder = join(dataDir, 'storage');
  return {
    check: async () => {
      await mkdir(folder, { recursive: true });
      await access(folder, constants.W_OK);
    },
  };
}
