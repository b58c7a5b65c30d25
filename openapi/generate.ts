import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import pino from 'pino';
import { buildApp } from '#src/app.ts';
import { runCommand } from '#src/command.ts';
import { type Config, readSettings } from '#src/config.ts';
import { createDeps } from '#src/deps.ts';
import { withPermissions } from './permissions.ts';

const FILE = fileURLToPath(new URL('./openapi.json', import.meta.url));
const README = fileURLToPath(new URL('../README.md', import.meta.url));

/** The OpenAPI document as the running service answers it. Boots the application, but no database is needed. */
export async function generateDocument(): Promise<string> {
  const { privateKey } = generateKeyPairSync('ed25519');
  const config = readSettings({
    NODE_ENV: 'test',
    DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none',
    APP_SECRET: randomBytes(48).toString('base64'),
    JWT_PRIVATE_KEY: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
    STRIPE_SECRET_KEY: 'sk_test_none',
    STRIPE_PUBLISHABLE_KEY: 'pk_test_none',
    STRIPE_WEBHOOK_SECRET: 'whsec_none',
    STRIPE_API_URL: 'http://127.0.0.1:1',
  }) as Config;
  const log = pino({ level: 'silent' });
  const deps = createDeps(config, log);
  const app = await buildApp(deps, log);
  await app.ready();
  const document = `${JSON.stringify(app.swagger(), null, 2)}\n`;
  await app.close();
  await deps.close();
  return document;
}

if (import.meta.main) {
  await runCommand('Wrote openapi/openapi.json and the tables of README.md.', async () => {
    await writeFile(FILE, await generateDocument());
    await writeFile(README, withPermissions(await readFile(README, 'utf8')));
  });
}
