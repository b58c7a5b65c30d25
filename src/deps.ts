import { createDatabase } from '#db/client.ts';
import { NEWEST_MIGRATION } from '#db/migrate.ts';
import { systemClock } from './clients/clock.ts';
import { createMailer } from './clients/mail.ts';
import { createPasswords } from './clients/passwords.ts';
import { createDiskStorage } from './clients/storage.ts';
import type { Config } from './config.ts';
import type { Deps, Logger } from './context.ts';
import { createReadiness } from './health/check-readiness.ts';
import { deriveKey } from './lib/secrets.ts';

/** The one place where clients are constructed. */
export function createDeps(config: Config, log: Logger, onStatement?: (text: string) => void): Deps {
  const database = createDatabase({
    url: config.DATABASE_URL,
    poolSize: config.DATABASE_POOL_SIZE,
    ...(onStatement && { onStatement }),
  });
  const mailer = createMailer(config.SMTP_URL, config.MAIL_FROM, log);
  const { db } = database;
  const storage = createDiskStorage(config.DATA_DIR);
  const lifecycle = { draining: false };
  return {
    config,
    db,
    clock: systemClock,
    passwords: createPasswords(config.HASH_CONCURRENCY),
    mailer,
    storage,
    log,
    cursorKey: deriveKey(config.APP_SECRET, 'cursor'),
    lifecycle,
    loginsRunning: new Map(),
    readiness: createReadiness({ db, storage, lifecycle, newestMigration: NEWEST_MIGRATION }),
    close: async () => {
      mailer.close();
      await database.close();
    },
  };
}
