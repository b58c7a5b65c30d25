import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { type Config, readSettings } from '#src/config.ts';
import { tempDir } from './temp-dir.ts';

/** Those of support/stripe-sandbox.ts: a test that starts that one overrides the address alone. */
const STRIPE = {
  STRIPE_SECRET_KEY: 'sk_test_sandbox_0123456789',
  STRIPE_PUBLISHABLE_KEY: 'pk_test_sandbox_0123456789',
  STRIPE_WEBHOOK_SECRET: 'whsec_sandbox_0123456789',
  // Nobody listens there: nothing reaches the real Stripe.
  STRIPE_API_URL: 'http://127.0.0.1:1',
};

/** A complete environment for a server or an app under test. */
export function testEnvironment(databaseUrl: string, overrides: Record<string, string> = {}): Record<string, string> {
  const { privateKey } = generateKeyPairSync('ed25519');
  return {
    NODE_ENV: 'test',
    PORT: '0',
    LOG_LEVEL: 'info',
    DATA_DIR: tempDir(),
    DATABASE_URL: databaseUrl,
    DATABASE_POOL_SIZE: '8',
    APP_SECRET: randomBytes(48).toString('base64'),
    JWT_PRIVATE_KEY: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
    METRICS_TOKEN: randomBytes(48).toString('base64'),
    ...STRIPE,
    TEST_CLOCK: 'on',
    // Many people share one address here; what limits do has tests of its own.
    RATE_LIMITS: 'off',
    // Tests share their event loop with the application: its lateness says nothing there.
    MAX_EVENT_LOOP_DELAY_MS: '0',
    ...overrides,
  };
}

export function testConfig(databaseUrl: string, overrides: Record<string, string> = {}): Config {
  return readSettings(testEnvironment(databaseUrl, overrides)) as Config;
}
