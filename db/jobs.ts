import { sql } from 'drizzle-orm';
import type { PgBoss, QueueOptions } from 'pg-boss';
import type { Sql } from 'postgres';
import packageJson from '../package.json' with { type: 'json' };
import type { Db } from './client.ts';

/** What each queue carries: never a secret. A worker makes a token when it sends it. */
export type JobData = {
  mail:
    | { kind: 'verify_email'; userId: string }
    | { kind: 'reset_password'; email: string }
    | InvitationMail
    | QuotaMail
    | WebhookMail
    | CouponMail;
  purge: Record<string, never>;
  expire: Record<string, never>;
  /** Looks after what the card processor did not tell, or a crash left out. */
  sweep: Record<string, never>;
  reconcile: Record<string, never>;
  /** Compares what is stored with what is known of. */
  reconcileFiles: Record<string, never>;
  /** The processor stops charging for a subscription that has ended here. */
  endSubscription: { tenantId: string; subscriptionId: string };
  /** What is still to be sent to a webhook endpoint that is off, or gone. */
  cancelDeliveries: { tenantId: string; endpointId: string };
  /** The promotion codes of a coupon at the processor are switched on and off with it. */
  syncCoupon: { tenantId: string; couponId: string };
  /** Codes of a coupon for one person each. */
  codes: { tenantId: string; batchId: string };
  /** When the points of each member of the brand expire, by the policy that it has now. */
  pointsPolicy: { tenantId: string };
  /** What was earned since the last time is counted for the ranks of leaderboards. */
  ranks: Record<string, never>;
  /** Clicks, sign-ups, conversions and rewards of referrals are counted for the analytics. */
  referralActivity: Record<string, never>;
};
type InvitationMail = { kind: 'invitation'; tenantId: string; invitationId: string };
type QuotaMail = { kind: 'quota'; tenantId: string; userId: string; level: 80 | 100 };
type WebhookMail = {
  kind: 'webhook';
  tenantId: string;
  userId: string;
  endpointId: string;
  reason: 'failing' | 'gone';
};
type CouponMail = { kind: 'coupon'; tenantId: string; userId: string; couponId: string };
export type Queue = keyof JobData;

/** Tried again for days, less and less often. */
const UNTIL_DONE: QueueOptions = {
  retryLimit: 100,
  retryDelay: 10,
  retryBackoff: true,
  retryDelayMax: 3_600,
  deleteAfterSeconds: 86_400,
};
const QUEUES: Record<Queue, QueueOptions> = {
  // Tried for about a day: 30 s, 1 min, 2 min … at most 3 h apart.
  mail: {
    retryLimit: 16,
    retryDelay: 30,
    retryBackoff: true,
    retryDelayMax: 10_800,
    expireInSeconds: 60,
    deleteAfterSeconds: 86_400,
  },
  purge: { retryLimit: 0, expireInSeconds: 300, deleteAfterSeconds: 3_600 },
  expire: { retryLimit: 0, expireInSeconds: 60, deleteAfterSeconds: 3_600 },
  sweep: { retryLimit: 0, expireInSeconds: 120, deleteAfterSeconds: 600 },
  reconcile: { retryLimit: 0, expireInSeconds: 280, deleteAfterSeconds: 3_600 },
  reconcileFiles: { retryLimit: 0, expireInSeconds: 10_800, deleteAfterSeconds: 86_400 },
  endSubscription: { ...UNTIL_DONE, expireInSeconds: 60 },
  cancelDeliveries: { ...UNTIL_DONE, expireInSeconds: 600 },
  syncCoupon: { ...UNTIL_DONE, expireInSeconds: 60 },
  // What a crash leaves is the sweep's.
  codes: { retryLimit: 3, retryDelay: 30, expireInSeconds: 600, deleteAfterSeconds: 86_400 },
  pointsPolicy: { ...UNTIL_DONE, expireInSeconds: 600 },
  ranks: { retryLimit: 0, expireInSeconds: 60, deleteAfterSeconds: 600 },
  referralActivity: { retryLimit: 0, expireInSeconds: 120, deleteAfterSeconds: 600 },
};
const CRON: Partial<Record<Queue, string>> = {
  purge: '*/10 * * * *',
  expire: '* * * * *',
  reconcile: '*/5 * * * *',
  reconcileFiles: '17 3 * * *',
};
/** Side by side in one process; of the other queues one, and the next two seconds later. */
const TOGETHER: Partial<Record<Queue, number>> = { mail: 10 };
/** More often than a cron can: each worker asks for one, and of all that is one job. Seconds. */
const PULSE: Partial<Record<Queue, number>> = { sweep: 15, ranks: 5, referralActivity: 5 };

export type Handlers = { [Name in Queue]: (data: JobData[Name]) => Promise<void> };

export type Jobs = {
  /** PUBLIC_URL, for what is announced where no request says it; in development without it paths stand alone. */
  baseUrl: string;
  /** In the transaction that it belongs to: rolled back, there is no job. Of one `once` key there is one job a minute. */
  enqueue: <Name extends Queue>(tx: Db, queue: Name, data: JobData[Name], options?: { once?: string }) => Promise<void>;
  /** Works on all queues until it is closed. */
  work: (handlers: Handlers) => Promise<void>;
  /** Works off what is due now and returns: for commands and tests. */
  drain: (handlers: Handlers) => Promise<void>;
  close: () => Promise<void>;
};

type JobLog = { warn(fields: object, message: string): void };
/** A process that only enqueues leaves the upkeep of the queues to those that work. */
type Options = { url: string; log: JobLog; works: boolean; baseUrl: string };

/** Jobs in the database: retried, and safe at a crash. Opened at first use, with a small pool of its own. */
export function createJobs(options: Options): Jobs {
  let opened: Promise<PgBoss> | undefined;
  let pulses: NodeJS.Timeout[] = [];
  const open = () => {
    opened ??= openBoss(options).catch((error) => {
      opened = undefined;
      throw error;
    });
    return opened;
  };
  return {
    baseUrl: options.baseUrl,
    enqueue: async (tx, queue, data, { once } = {}) => {
      const boss = await open();
      const { fromDrizzle } = await import('pg-boss');
      const throttle = once === undefined ? {} : { singletonKey: once, singletonSeconds: 60 };
      await boss.send(queue, data, { db: fromDrizzle(tx as never, sql), ...throttle });
    },
    work: async (handlers) => {
      pulses = await workOn(await open(), { handlers, log: options.log });
    },
    drain: async (handlers) => {
      const boss = await open();
      for (const queue of Object.keys(QUEUES) as Queue[]) await drainQueue(boss, { queue, handlers });
    },
    close: async () => {
      pulses.forEach(clearInterval);
      await (await opened)?.stop({ graceful: true, timeout: 3_000 });
    },
  };
}

/**
 * Brings the tables of the queues up to date: a part of the migration. The schema's comment says what was installed, so
 * that a start that finds everything in place does not load the library, which weighs 28 MB.
 */
export async function installJobs(sql: Sql, url: string): Promise<void> {
  const wanted = `pg-boss ${packageJson.dependencies['pg-boss']}, queues ${JSON.stringify(QUEUES)}`;
  const [found] = await sql`select obj_description(to_regnamespace('pgboss')) as comment`;
  if (found?.['comment'] === wanted) return;
  await install(url);
  await sql.unsafe(`comment on schema pgboss is '${wanted}'`);
}

async function install(url: string): Promise<void> {
  const { PgBoss: Boss } = await import('pg-boss');
  const boss = new Boss({ connectionString: url, max: 1, supervise: false, schedule: false });
  await boss.start();
  try {
    for (const [name, options] of Object.entries(QUEUES)) {
      await boss.createQueue(name, options);
      await boss.updateQueue(name, options);
    }
  } finally {
    await boss.stop({ graceful: false });
  }
}

async function openBoss({ url, log, works }: Options): Promise<PgBoss> {
  const { PgBoss: Boss } = await import('pg-boss');
  const upkeep = { migrate: false, supervise: works, schedule: works };
  const boss = new Boss({ connectionString: url, max: 2, application_name: 'ttconnect-jobs', ...upkeep });
  boss.on('error', (err) => log.warn({ err }, 'jobs'));
  await boss.start();
  return boss;
}

async function workOn(boss: PgBoss, { handlers, log }: { handlers: Handlers; log: JobLog }): Promise<NodeJS.Timeout[]> {
  for (const queue of Object.keys(QUEUES) as Queue[]) {
    const work = ({ id, data }: { id: string; data: unknown }) =>
      run(handlers, { queue, data }).then(
        () => ({ id, status: 'completed' as const }),
        (err) => {
          log.warn({ err, queue, jobId: id }, 'job failed');
          return { id, status: 'failed' as const, output: { message: nameOf(err) } };
        },
      );
    // As long as there are so many, the next are taken at once; else it is looked every two seconds.
    const options = { batchSize: TOGETHER[queue] ?? 1, burstWhenBatchFull: true, perJobResults: true } as const;
    await boss.work(queue, options, (jobs) => Promise.all(jobs.map(work)));
    const cron = CRON[queue];
    if (cron) await boss.schedule(queue, cron);
  }
  return startPulses(boss, log);
}

/** The first at once: a start looks after what the end before it left. */
function startPulses(boss: PgBoss, log: JobLog): NodeJS.Timeout[] {
  return Object.entries(PULSE).map(([queue, seconds]) => {
    const once = { singletonKey: queue, singletonSeconds: seconds };
    const beat = () => void boss.send(queue, {}, once).catch((err) => log.warn({ err, queue }, 'a pulse failed'));
    beat();
    return setInterval(beat, seconds * 1000).unref();
  });
}

function run(handlers: Handlers, { queue, data }: { queue: Queue; data: unknown }): Promise<void> {
  return (handlers[queue] as (data: unknown) => Promise<void>)(data);
}

async function drainQueue(boss: PgBoss, { queue, handlers }: { queue: Queue; handlers: Handlers }): Promise<void> {
  for (;;) {
    const [job] = await boss.fetch(queue);
    if (!job) return;
    try {
      await run(handlers, { queue, data: job.data });
      await boss.complete(queue, job.id);
    } catch (error) {
      await boss.fail(queue, job.id, { message: nameOf(error) });
    }
  }
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : 'unknown';
}
