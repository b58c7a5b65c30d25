import { createPrivateKey } from 'node:crypto';
import { existsSync } from 'node:fs';
import ipaddr from 'ipaddr.js';
import { z } from 'zod';

const flag = z.enum(['on', 'off']);
const list = z.string().transform((text) =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean),
);
const proxies = list.refine(
  (entries) => entries.every((entry) => ipaddr.isValid(entry) || ipaddr.isValidCIDR(entry)),
  'must be addresses or networks (10.0.0.0/8), separated by commas',
);
const origins = list.refine((entries) => entries.every(isOrigin), 'must be * or origins (https://shop.example)');
// A signature is over the host: a path would not be part of it.
const origin = z.string().refine((entry) => /^https?:/.test(entry) && isOrigin(entry), 'must be http(s)://host[:port]');

// Several while one is rotated, or one for each endpoint at Stripe.
const signingSecrets = list.refine(
  (entries) => entries.length > 0 && entries.every((entry) => /^whsec_[\w+/=-]+$/.test(entry)),
  'must be a signing secret (whsec_…), or several separated by commas',
);

const ChainEntry = z.strictObject({
  chainId: z.int().min(1).max(2_147_483_647),
  name: z.string().min(1).max(64),
  rpcUrl: z.url({ protocol: /^https?$/ }),
  confirmations: z.int().min(1).max(1_000).default(12),
  native: z
    .strictObject({ asset: z.string().regex(/^[A-Z0-9]{1,16}$/), decimals: z.int().min(0).max(36) })
    .default({ asset: 'ETH', decimals: 18 }),
});
const chains = z
  .string()
  .transform((text, issues) => {
    try {
      return JSON.parse(text) as unknown;
    } catch {
      issues.addIssue({ code: 'custom', message: 'must be a JSON array of chains' });
      return z.NEVER;
    }
  })
  .pipe(z.array(ChainEntry).max(50))
  .refine((all) => new Set(all.map(({ chainId }) => chainId)).size === all.length, 'must name each chain once');

const integer = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d+$/, 'must be a whole number')
    .transform(Number)
    .refine((value) => value >= min && value <= max, `must be from ${min} to ${max}`);

const secret = z
  .string()
  .min(32, 'must have at least 32 characters: openssl rand -base64 48')
  .refine((text) => !isRegular(text), 'is too regular to be a secret: openssl rand -base64 48');

const ed25519Key = z
  .string()
  .transform((text) => text.replaceAll('\\n', '\n'))
  .refine(isEd25519PrivateKey, 'must be an Ed25519 private key in PEM: openssl genpkey -algorithm ed25519');

/** One entry for each variable: the table of README.md and .env.example list the same names (tested). */
export const VARIABLES = {
  NODE_ENV: z.enum(['development', 'test', 'production']).default('development'),
  ROLE: z.enum(['all', 'api', 'worker']).default('all'),
  HOST: z.string().min(1).default('127.0.0.1'),
  PORT: integer(0, 65_535).default(3000),
  PUBLIC_URL: z.url({ protocol: /^https?$/ }).optional(),
  DATA_DIR: z.string().min(1).default('.data'),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }).optional(),
  DATABASE_POOL_SIZE: integer(1, 200).default(10),
  APP_SECRET: secret.optional(),
  JWT_PRIVATE_KEY: ed25519Key.optional(),
  METRICS_TOKEN: secret.optional(),
  SMTP_URL: z.url({ protocol: /^smtps?$/ }).optional(),
  MAIL_FROM: z
    .string()
    .regex(/^[^<>]*<[^@<>\s]+@[^@<>\s]+>$|^[^@<>\s]+@[^@<>\s]+$/, 'must be an address, or Name <address>')
    .default('TTConnect <no-reply@localhost>'),
  APP_URL: z.url({ protocol: /^https?$/ }).optional(),
  STRIPE_SECRET_KEY: z
    .string()
    .regex(
      /^(sk|rk)_(test|live)_\w+$/,
      'must be a secret or restricted key: sk_test_…, sk_live_…, rk_test_… or rk_live_…',
    )
    .optional(),
  STRIPE_PUBLISHABLE_KEY: z
    .string()
    .regex(/^pk_(test|live)_\w+$/, 'must be a publishable key: pk_test_… or pk_live_…')
    .optional(),
  STRIPE_WEBHOOK_SECRET: signingSecrets.optional(),
  STRIPE_API_URL: z.url({ protocol: /^https?$/ }).optional(),
  S3_ENDPOINT: origin.optional(),
  S3_PUBLIC_ENDPOINT: origin.optional(),
  S3_REGION: z.string().min(1).default('us-east-1'),
  S3_ACCESS_KEY: z.string().min(1).optional(),
  S3_SECRET_KEY: z.string().min(1).optional(),
  S3_BUCKET: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'must be the name of a bucket')
    .optional(),
  EVM_RPC_URL: z.url({ protocol: /^https?$/ }).optional(),
  EVM_CHAIN_ID: integer(1, 2_147_483_647).default(1),
  EVM_CONFIRMATIONS: integer(1, 1_000).default(12),
  EVM_CHAINS: chains.default([]),
  RATES_URL: z.url({ protocol: /^https?$/ }).optional(),
  RATES_PATH: z.string().min(1).default('rate'),
  RATES_TIME_PATH: z.string().min(1).optional(),
  CORS_ORIGINS: origins.default(['*']),
  TRUST_PROXY: proxies.default([]),
  HASH_CONCURRENCY: integer(1, 64).optional(),
  MAX_EVENT_LOOP_DELAY_MS: integer(0, 60_000).default(300),
  SHUTDOWN_DRAIN_MS: integer(0, 8_000).default(250),
  RATE_LIMITS: flag.default('on'),
  RATE_LIMIT_PER_ADDRESS: integer(1, 1_000_000_000).default(6_000),
  REDIS_URL: z.url({ protocol: /^rediss?$/ }).optional(),
  TEST_CLOCK: flag.default('off'),
  WEBHOOKS_ALLOW_LOOPBACK: flag.default('off'),
} as const;

type Env = z.output<z.ZodObject<typeof VARIABLES>>;
type Refuse = (name: keyof Env, message: string) => void;

const STRIPE_KEYS = ['STRIPE_SECRET_KEY', 'STRIPE_PUBLISHABLE_KEY', 'STRIPE_WEBHOOK_SECRET'] as const;
const S3_NAMES = ['S3_ENDPOINT', 'S3_ACCESS_KEY', 'S3_SECRET_KEY', 'S3_BUCKET'] as const;
/** What src/embedded makes on the first start where it is not given. */
const EMBEDDABLE = ['DATABASE_URL', 'APP_SECRET', 'JWT_PRIVATE_KEY', ...STRIPE_KEYS] as const;

const Environment = z.object(VARIABLES).superRefine((env, issues) => {
  const refuse: Refuse = (name, message) => issues.addIssue({ code: 'custom', path: [name], message });
  if (env.NODE_ENV === 'production') checkProduction(env, refuse);
  else {
    checkIsWhole({ env, refuse, names: STRIPE_KEYS, given: 'STRIPE_API_URL', instead: 'the embedded sandbox starts' });
    checkIsWhole({ env, refuse, names: S3_NAMES, given: 'S3_PUBLIC_ENDPOINT', instead: 'files are in DATA_DIR' });
  }
  const [secretMode, publishableMode] = [modeOf(env.STRIPE_SECRET_KEY), modeOf(env.STRIPE_PUBLISHABLE_KEY)];
  if (secretMode && publishableMode && secretMode !== publishableMode) {
    const message = `is of ${publishableMode} mode, but STRIPE_SECRET_KEY of ${secretMode} mode: take both from one`;
    refuse('STRIPE_PUBLISHABLE_KEY', message);
  }
});

function checkProduction(env: Env, refuse: Refuse): void {
  for (const name of [...EMBEDDABLE, ...S3_NAMES, 'PUBLIC_URL', 'SMTP_URL'] as const) {
    if (env[name] === undefined) refuse(name, 'is required in production: nothing embedded starts there');
  }
  if (env.STRIPE_API_URL !== undefined) refuse('STRIPE_API_URL', 'cannot be set in production: it is for a sandbox');
  if (env.RATE_LIMITS === 'off') refuse('RATE_LIMITS', 'cannot be off in production');
  for (const name of ['TEST_CLOCK', 'WEBHOOKS_ALLOW_LOOPBACK'] as const) {
    if (env[name] === 'on') refuse(name, 'cannot be on in production');
  }
}

type Whole = { env: Env; refuse: Refuse; names: readonly (keyof Env)[]; given: keyof Env; instead: string };

// Some of Stripe and some of the embedded sandbox would make half a payment; the same with an S3 server and the disk.
function checkIsWhole({ env, refuse, names, given, instead }: Whole): void {
  const found = [...names, given].find((name) => env[name] !== undefined);
  const prefix = given.slice(0, given.indexOf('_') + 1);
  for (const name of names) {
    if (found && env[name] === undefined) {
      refuse(name, `is required with ${found}; without any ${prefix} variable ${instead}`);
    }
  }
}

function modeOf(key: string | undefined): string | undefined {
  return /^[a-z]k_(test|live)_/.exec(key ?? '')?.[1];
}

/** What the environment says. In development the parts marked optional are made on the first start (src/embedded). */
export type Settings = Readonly<z.output<typeof Environment>>;

/** Settings with every part in place: what the service is built from. */
export type Config = Settings & { readonly [Name in (typeof EMBEDDABLE)[number]]: NonNullable<Settings[Name]> };

export type ChainEntry = z.output<typeof ChainEntry>;

/** The chains that payments are watched on: those of EVM_CHAINS, and the one of EVM_RPC_URL. */
export function chainsOf({ EVM_CHAINS, EVM_RPC_URL, EVM_CHAIN_ID, EVM_CONFIRMATIONS }: Settings): ChainEntry[] {
  const isNamed = EVM_CHAINS.some(({ chainId }) => chainId === EVM_CHAIN_ID);
  if (EVM_RPC_URL === undefined || isNamed) return [...EVM_CHAINS];
  const one = { chainId: EVM_CHAIN_ID, name: `Chain ${EVM_CHAIN_ID}`, rpcUrl: EVM_RPC_URL };
  return [...EVM_CHAINS, { ...one, confirmations: EVM_CONFIRMATIONS, native: { asset: 'ETH', decimals: 18 } }];
}

export class ConfigError extends Error {}

/** Adds the variables of a file .env beside package.json, if there is one; the environment's own win. */
export function loadEnvFile(): void {
  if (existsSync('.env')) process.loadEnvFile('.env');
}

/** The only reader of process.env. Reports every mistake at once. */
export function readSettings(env: Record<string, string | undefined> = process.env): Settings {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const result = Environment.safeParse(given);
  if (result.success) return Object.freeze(result.data);
  const lines = result.error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`);
  throw new ConfigError(`The configuration is not valid:\n${lines.join('\n')}`);
}

export function isComplete(settings: Settings): settings is Config {
  return EMBEDDABLE.every((name) => settings[name] !== undefined);
}

function isOrigin(entry: string): boolean {
  return entry === '*' || (URL.canParse(entry) && new URL(entry).origin === entry);
}

// Few different characters, runs of neighbours as in the alphabet, or a long part twice: typed, not drawn. The bounds are
// such that even the shortest hex text drawn by chance is refused less than once in ten million times.
function isRegular(text: string): boolean {
  const steps = [...text].slice(1).map((character, index) => character.charCodeAt(0) - text.charCodeAt(index));
  const short = steps.filter((step) => Math.abs(step) <= 1).length;
  return new Set(text).size < 8 || short > steps.length * 0.6 || /(.{10,}).*\1/.test(text);
}

function isEd25519PrivateKey(pem: string): boolean {
  try {
    return createPrivateKey(pem).asymmetricKeyType === 'ed25519';
  } catch {
    return false;
  }
}
