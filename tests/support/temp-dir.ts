import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterFile } from './after-file.ts';

/** A folder for one test file, removed when the file is done. */
export function tempDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'ttconnect-file-'));
  afterFile(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}
