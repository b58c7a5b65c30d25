import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export type Secrets = {
  APP_SECRET: string;
  JWT_PRIVATE_KEY: string;
  METRICS_TOKEN: string;
  POSTGRES_PASSWORD: string;
  /** Of the Stripe sandbox. */
  STRIPE_SECRET_KEY: string;
  STRIPE_PUBLISHABLE_KEY: string;
  STRIPE_WEBHOOK_SECRET: string;
};

/** The secrets of a development installation: made on the first start, kept readable for their owner alone. */
export async function loadSecrets(dir: string): Promise<Secrets> {
  const file = join(dir, 'secrets.json');
  const kept = await readKept(file);
  const secrets: Secrets = { ...makeSecrets(), ...kept };
  if (Object.keys(kept).length < Object.keys(secrets).length) {
    // Renamed into place, so that a crash never leaves half a file.
    await writeFile(`${file}.new`, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600 });
    await rename(`${file}.new`, file);
  }
  return secrets;
}

// Only a missing file is made anew: overwriting one that cannot be read would lose the database's password.
async function readKept(file: string): Promise<Partial<Secrets>> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return {};
    throw new Error(
      `Cannot read the secrets in ${file} (${code ?? 'not JSON'}): restore it, or start with a new DATA_DIR.`,
    );
  }
}

function makeSecrets(): Secrets {
  const { privateKey } = generateKeyPairSync('ed25519');
  return {
    APP_SECRET: randomBytes(48).toString('base64'),
    JWT_PRIVATE_KEY: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
    METRICS_TOKEN: randomBytes(32).toString('base64url'),
    POSTGRES_PASSWORD: randomBytes(24).toString('base64url'),
    STRIPE_SECRET_KEY: `sk_test_sandbox${randomBytes(16).toString('hex')}`,
    STRIPE_PUBLISHABLE_KEY: `pk_test_sandbox${randomBytes(16).toString('hex')}`,
    STRIPE_WEBHOOK_SECRET: `whsec_${randomBytes(24).toString('hex')}`,
  };
}
