import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ConfigError, isComplete, readSettings } from '#src/config.ts';
import { LIFETIMES, LIMITS } from '#src/lib/limits.ts';

const pemOf = (key: { export: (options: any) => any }) => key.export({ format: 'pem', type: 'pkcs8' }).toString();
const secret = randomBytes(48).toString('base64');
const stripe = {
  STRIPE_SECRET_KEY: 'sk_live_51H8example',
  STRIPE_PUBLISHABLE_KEY: 'pk_live_51H8example',
  STRIPE_WEBHOOK_SECRET: 'whsec_example',
};
const s3 = {
  S3_ENDPOINT: 'https://s3.example.com',
  S3_ACCESS_KEY: 'key',
  S3_SECRET_KEY: 'secret',
  S3_BUCKET: 'ttconnect',
};
const production = {
  ...stripe,
  ...s3,
  NODE_ENV: 'production',
  DATABASE_URL: 'postgres://user:hunter2@db/ttconnect',
  APP_SECRET: secret,
  JWT_PRIVATE_KEY: pemOf(generateKeyPairSync('ed25519').privateKey),
  PUBLIC_URL: 'https://api.example.com',
  SMTP_URL: 'smtps://user:hunter2@mail.example.com',
};

function refusal(env: Record<string, string | undefined>): string {
  try {
    readSettings(env);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as Error).message;
  }
  return '';
}

const namesIn = (message: string) => [...new Set([...message.matchAll(/^ {2}(\w+): /gm)].map(([, name]) => name))];

describe('the configuration', () => {
  it('needs nothing in development, and binds to loopback', () => {
    expect(readSettings({})).toMatchObject({
      ...{ NODE_ENV: 'development', HOST: '127.0.0.1', PORT: 3000, DATA_DIR: '.data', LOG_LEVEL: 'info' },
      ...{ RATE_LIMITS: 'on', TEST_CLOCK: 'off', TRUST_PROXY: [], CORS_ORIGINS: ['*'] },
    });
    expect(isComplete(readSettings({}))).toBe(false);
  });

  it('is frozen, and keeps what it does not know out', () => {
    const settings = readSettings({ HOME: '/root', PORT: '0' });
    expect(Object.isFrozen(settings)).toBe(true);
    expect(settings).not.toHaveProperty('HOME');
    expect(settings.PORT).toBe(0);
  });

  it('reads an empty variable as none', () => {
    expect(readSettings({ PORT: '', DATABASE_URL: '', NODE_ENV: undefined })).toEqual(readSettings({}));
  });

  it('splits lists', () => {
    const { CORS_ORIGINS, TRUST_PROXY } = readSettings({
      CORS_ORIGINS: 'https://a.b, https://c.d,',
      TRUST_PROXY: ' 10.0.0.0/8 ',
    });
    expect([CORS_ORIGINS, TRUST_PROXY]).toEqual([['https://a.b', 'https://c.d'], ['10.0.0.0/8']]);
  });

  it('takes a key whose lines are joined by \\n', () => {
    const joined = production.JWT_PRIVATE_KEY.replaceAll('\n', '\\n');
    expect(readSettings({ JWT_PRIVATE_KEY: joined }).JWT_PRIVATE_KEY).toBe(production.JWT_PRIVATE_KEY);
  });

  it.each([
    ['PORT', ['-1', '65536', '3000.5', '0x10', ' 1', 'http', '1e3']],
    ['DATABASE_POOL_SIZE', ['0', '201', 'ten']],
    ['HASH_CONCURRENCY', ['0', '65']],
    ['SHUTDOWN_DRAIN_MS', ['-1', '8001']],
    ['NODE_ENV', ['prod', 'Production']],
    ['LOG_LEVEL', ['verbose']],
    ['RATE_LIMITS', ['true', 'OFF', '0']],
    ['TEST_CLOCK', ['1', 'yes']],
    ['WEBHOOKS_ALLOW_LOOPBACK', ['1', 'true']],
    ['DATABASE_URL', ['mysql://x/y', 'localhost:5432', 'db']],
    ['PUBLIC_URL', ['ftp://a.b', 'example.com']],
    ['SMTP_URL', ['http://a.b']],
    ['APP_SECRET', ['short', 'a'.repeat(64), 'abcabcabcabcabcabcabcabcabcabcabcabc', secret.slice(0, 31)]],
    ['METRICS_TOKEN', ['short', 'changemechangemechangemechangeme']],
    ['STRIPE_SECRET_KEY', ['x', 'sk_live_', 'sk_prod_1', 'pk_live_1', ' sk_live_1', 'sk_live_1,sk_live_2', 'whsec_1']],
    ['STRIPE_PUBLISHABLE_KEY', ['x', 'pk_live_', 'sk_live_1', 'pk_live_1 pk_live_2']],
    ['STRIPE_WEBHOOK_SECRET', ['x', 'whsec_', ',', 'whsec_a,x', 'whsec_a whsec_b']],
    ['STRIPE_API_URL', ['api.stripe.com', 'ftp://127.0.0.1']],
    [
      'S3_ENDPOINT',
      ['s3.example.com', 'ftp://s3.example.com', 'https://s3.example.com/', 'https://s3.example.com/a', '*'],
    ],
    ['S3_BUCKET', ['x', 'Bucket', 'a/b', '-ab', 'a'.repeat(64)]],
    ['JWT_PRIVATE_KEY', ['x', pemOf(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey)]],
  ])('refuses a wrong %s by its name', (name, values) => {
    const others = name.startsWith('STRIPE_') ? stripe : name.startsWith('S3_') ? s3 : {};
    for (const value of values) expect(namesIn(refusal({ ...others, [name]: value })), value).toEqual([name]);
  });

  it('tells every mistake at once, and none of the values', () => {
    const message = refusal({
      PORT: 'hunter2',
      APP_SECRET: 'hunter2',
      NODE_ENV: 'hunter2',
      JWT_PRIVATE_KEY: 'hunter2',
    });
    expect(namesIn(message).sort()).toEqual(['APP_SECRET', 'JWT_PRIVATE_KEY', 'NODE_ENV', 'PORT']);
    expect(message).not.toContain('hunter2');
  });
});

describe('the keys of Stripe', () => {
  it('are taken whole, with as many signing secrets as there are', () => {
    const { STRIPE_WEBHOOK_SECRET } = readSettings({ ...stripe, STRIPE_WEBHOOK_SECRET: 'whsec_a, whsec_b,' });
    expect(STRIPE_WEBHOOK_SECRET).toEqual(['whsec_a', 'whsec_b']);
    expect(readSettings({ ...stripe, STRIPE_SECRET_KEY: 'rk_live_1' }).STRIPE_SECRET_KEY).toBe('rk_live_1');
    expect(readSettings({}).STRIPE_WEBHOOK_SECRET).toBeUndefined();
  });

  it.each(Object.keys(stripe))('in development need each other: without %s it is named', (name) => {
    expect(namesIn(refusal({ ...stripe, [name]: undefined }))).toEqual([name]);
    expect(namesIn(refusal({ [name]: stripe[name as keyof typeof stripe] }))).toEqual(
      Object.keys(stripe).filter((other) => other !== name),
    );
  });

  it('are needed for a sandbox somewhere else', () => {
    const STRIPE_API_URL = 'http://127.0.0.1:4242';
    expect(namesIn(refusal({ STRIPE_API_URL }))).toEqual(Object.keys(stripe));
    expect(readSettings({ ...stripe, STRIPE_API_URL })).toMatchObject({ STRIPE_API_URL });
  });

  it.each(['development', 'production'])('are of one mode in %s', (NODE_ENV) => {
    const mixed = { ...production, NODE_ENV, STRIPE_SECRET_KEY: 'rk_test_1' };
    expect(refusal(mixed)).toMatch(/STRIPE_PUBLISHABLE_KEY: is of live mode, but STRIPE_SECRET_KEY of test mode/);
    expect(refusal({ ...mixed, STRIPE_PUBLISHABLE_KEY: 'pk_test_1' })).toBe('');
  });
});

describe('the variables of an S3 server', () => {
  it.each(Object.keys(s3))('need each other: without %s it is named', (name) => {
    expect(namesIn(refusal({ ...s3, [name]: undefined }))).toEqual([name]);
  });

  it('are none for files in DATA_DIR, and a public address alone is no server', () => {
    expect(readSettings({}).S3_ENDPOINT).toBeUndefined();
    expect(namesIn(refusal({ S3_PUBLIC_ENDPOINT: 'https://files.example.com' }))).toEqual(Object.keys(s3));
  });
});

describe('production', () => {
  it('starts when everything is given', () => {
    expect(isComplete(readSettings(production))).toBe(true);
  });

  it('lists all that is missing', () => {
    const needed = [
      ...['APP_SECRET', 'DATABASE_URL', 'JWT_PRIVATE_KEY', 'PUBLIC_URL', 'SMTP_URL'],
      ...Object.keys(stripe),
      ...Object.keys(s3),
    ];
    expect(namesIn(refusal({ NODE_ENV: 'production' })).sort()).toEqual(needed.toSorted());
    for (const name of needed) expect(namesIn(refusal({ ...production, [name]: undefined })), name).toEqual([name]);
  });

  it.each([
    ['RATE_LIMITS', 'off'],
    ['TEST_CLOCK', 'on'],
    ['WEBHOOKS_ALLOW_LOOPBACK', 'on'],
    ['STRIPE_API_URL', 'http://127.0.0.1:4242'],
  ])('refuses %s=%s, which development takes', (name, value) => {
    expect(namesIn(refusal({ ...production, [name]: value }))).toEqual([name]);
    expect(refusal({ ...stripe, [name]: value })).toBe('');
  });

  it('tells what is missing beside what is wrong', () => {
    const message = refusal({ NODE_ENV: 'production', PORT: 'x', RATE_LIMITS: 'off' });
    expect(namesIn(message)).toEqual(expect.arrayContaining(['PORT', 'RATE_LIMITS', 'DATABASE_URL', 'APP_SECRET']));
  });
});

describe('secrets', () => {
  const isTaken = (APP_SECRET: string) => refusal({ APP_SECRET }) === '';

  it('drawn by chance are taken, in hex and in base64', () => {
    for (let draw = 0; draw < 2_000; draw += 1) {
      expect(isTaken(randomBytes(24).toString('hex'))).toBe(true);
      expect(isTaken(randomBytes(48).toString('base64'))).toBe(true);
    }
  });

  it.each([
    'abcdefghijklmnopqrstuvwxyzabcdef',
    '0123456789abcdef0123456789abcdef',
    'changeme-changeme-changeme-changeme',
    'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
    'q1w2e3r4t5y6q1w2e3r4t5y6q1w2e3r4t5y6',
  ])('typed like %s are refused', (text) => expect(isTaken(text)).toBe(false));
});

describe('values that would fail only later', () => {
  it.each([
    ['TRUST_PROXY', '10.0.0.0/8,garbage'],
    ['CORS_ORIGINS', 'https://shop.example/path'],
    ['CORS_ORIGINS', 'not an origin'],
    ['MAIL_FROM', 'abc'],
  ])('%s=%s is refused at the start', (name, value) => {
    expect(namesIn(refusal({ [name]: value }))).toEqual([name]);
  });

  it.each([
    ['TRUST_PROXY', '10.0.0.0/8, 127.0.0.1, ::1'],
    ['CORS_ORIGINS', 'https://shop.example,http://localhost:5173'],
    ['MAIL_FROM', 'TTConnect <no-reply@example.com>'],
    ['MAIL_FROM', 'no-reply@example.com'],
  ])('%s=%s is taken', (name, value) => expect(refusal({ [name]: value })).toBe(''));
});

describe('what is decided, not configured', () => {
  it('keeps the bounds that reliability.md sets', () => {
    expect(LIMITS.bodyBytes).toBe(1_048_576);
    expect(LIFETIMES.accessToken).toBeLessThanOrEqual(15 * 60);
    expect(LIFETIMES.refreshGrace).toBe(30);
    expect(LIMITS.shutdown).toBeLessThan(10_000);
    expect(LIMITS.headersTimeout).toBeLessThan(LIMITS.requestTimeout);
  });
});
