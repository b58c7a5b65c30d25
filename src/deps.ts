import { join } from 'node:path';
import { createDatabase } from '#db/client.ts';
import { createJobs } from '#db/jobs.ts';
import { NEWEST_MIGRATION } from '#db/migrate.ts';
import { createUsageMeter } from './api-keys/meter-usage.ts';
import type { CardPayments } from './clients/card-payments.ts';
import { createChains } from './clients/chains.ts';
import { systemClock } from './clients/clock.ts';
import { createExchangeRates } from './clients/exchange-rates.ts';
import { createFileTypes } from './clients/file-types.ts';
import { createImages } from './clients/images.ts';
import { createMailer } from './clients/mail.ts';
import { createPasswords } from './clients/passwords.ts';
import { createReceivingKeys } from './clients/receiving-keys.ts';
import { createRedis } from './clients/redis.ts';
import { createResolve } from './clients/resolve-host.ts';
import type { Storage } from './clients/storage.ts';
import { createDiskStorage } from './clients/storage-disk.ts';
import { createS3Storage } from './clients/storage-s3.ts';
import { createStripe } from './clients/stripe.ts';
import { createWalletSignatures } from './clients/wallet-signatures.ts';
import { createWebhooks } from './clients/webhooks.ts';
import { type Config, chainsOf } from './config.ts';
import type { Deps, Logger } from './context.ts';
import { createReadiness } from './health/check-readiness.ts';
import { LIMITS } from './lib/limits.ts';
import { deriveKey } from './lib/secrets.ts';
import { VERSION } from './version.ts';

/** The one place where clients are constructed. */
export function createDeps(config: Config, log: Logger, onStatement?: (text: string) => void): Deps {
  const database = createDatabase({
    url: config.DATABASE_URL,
    poolSize: config.DATABASE_POOL_SIZE,
    ...(onStatement && { onStatement }),
  });
  const mailer = createMailer(config.SMTP_URL, config.MAIL_FROM, log);
  const { db } = database;
  const storage = createStorage(config);
  const lifecycle = { draining: false };
  const redis = createRedis(config.REDIS_URL, log);
  const jobs = jobsOf(config, log);
  const usage = createUsageMeter({ db, jobs, clock: systemClock, log, flushEvery: LIMITS.usageFlush });
  return {
    config,
    db,
    clock: systemClock,
    passwords: createPasswords(config.HASH_CONCURRENCY),
    mailer,
    ...filesOf(storage),
    redis,
    usage,
    jobs,
    cards: createCards(config),
    ...cryptoOf(config),
    ...webhooksOf(config),
    log,
    cursorKey: deriveKey(config.APP_SECRET, 'cursor'),
    lifecycle,
    loginsRunning: new Map(),
    readiness: createReadiness({ db, storage, lifecycle, newestMigration: NEWEST_MIGRATION }),
    close: async () => {
      await usage.close();
      await jobs.close();
      mailer.close();
      redis?.close();
      await database.close();
    },
  };
}

function jobsOf({ DATABASE_URL, PUBLIC_URL, ROLE }: Config, log: Logger): Deps['jobs'] {
  const baseUrl = PUBLIC_URL?.replace(/\/+$/, '') ?? '';
  return createJobs({ url: DATABASE_URL, log, works: ROLE !== 'api', baseUrl });
}

function cryptoOf(config: Config): Pick<Deps, 'signatures' | 'chains' | 'chainLooks' | 'rates' | 'receivingKeys'> {
  const { RATES_URL: url, RATES_PATH: path, RATES_TIME_PATH: timePath } = config;
  const chains = createChains(chainsOf(config));
  const signatures = createWalletSignatures({ rpcUrl: config.EVM_RPC_URL, chainId: config.EVM_CHAIN_ID });
  const rates = createExchangeRates({ chains, url, path, timePath });
  return { signatures, chains, chainLooks: new Map(), rates, receivingKeys: createReceivingKeys() };
}

function filesOf(storage: Storage): Pick<Deps, 'storage' | 'fileTypes' | 'images'> {
  return { storage, fileTypes: createFileTypes(), images: createImages() };
}

function webhooksOf({ APP_SECRET, WEBHOOKS_ALLOW_LOOPBACK }: Config): Pick<Deps, 'webhooks' | 'webhookKey'> {
  const allowLoopback = WEBHOOKS_ALLOW_LOOPBACK === 'on';
  return {
    webhooks: createWebhooks({ allowLoopback, resolve: createResolve(), version: VERSION }),
    webhookKey: deriveKey(APP_SECRET, 'webhook-secrets'),
  };
}

function createStorage(config: Config): Storage {
  const { S3_ENDPOINT, S3_ACCESS_KEY, S3_SECRET_KEY, S3_BUCKET } = config;
  if (S3_ENDPOINT && S3_ACCESS_KEY && S3_SECRET_KEY && S3_BUCKET) {
    return createS3Storage({
      endpoint: S3_ENDPOINT,
      publicEndpoint: config.S3_PUBLIC_ENDPOINT,
      region: config.S3_REGION,
      accessKey: S3_ACCESS_KEY,
      secretKey: S3_SECRET_KEY,
      bucket: S3_BUCKET,
    });
  }
  const grantKey = deriveKey(config.APP_SECRET, 'file-grants');
  return createDiskStorage({ folder: join(config.DATA_DIR, 'storage'), grantKey });
}

function createCards(config: Config): CardPayments {
  return createStripe({
    secretKey: config.STRIPE_SECRET_KEY,
    publishableKey: config.STRIPE_PUBLISHABLE_KEY,
    webhookSecrets: config.STRIPE_WEBHOOK_SECRET,
    apiUrl: config.STRIPE_API_URL,
  });
}
