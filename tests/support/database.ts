import { randomUUID } from 'node:crypto';
import postgres from 'postgres';
import { inject } from 'vitest';
import { TEMPLATE } from './global-setup.ts';

export type TestDatabase = { url: string; drop: () => Promise<void> };

/** A database of its own, cloned from the migrated template. */
export async function createTestDatabase(template = TEMPLATE): Promise<TestDatabase> {
  const server = inject('postgres');
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await runOnServer(server, `create database ${name} template ${template}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return { url: url.toString(), drop: () => runOnServer(server, `drop database if exists ${name} with (force)`) };
}

async function runOnServer(server: string, statement: string): Promise<void> {
  const sql = postgres(server, { max: 1, onnotice: () => {}, fetch_types: false });
  try {
    for (let attempt = 0; ; attempt += 1) {
      try {
        await sql.unsafe(statement);
        return;
      } catch (error) {
        // 55006: another file is cloning the same template at this moment.
        if ((error as { code?: string }).code !== '55006' || attempt === 50) throw error;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  } finally {
    await sql.end();
  }
}
