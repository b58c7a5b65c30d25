import type { Db } from '#db/client.ts';
import type { Jobs } from '#db/jobs.ts';
import type { ApiKeyScope } from '#schemas/api-keys.ts';
import type { Plan } from '#schemas/plans.ts';
import type { TenantRole } from '#schemas/team.ts';
import type { UsageMeter } from './api-keys/meter-usage.ts';
import type { CardPayments } from './clients/card-payments.ts';
import type { Chains } from './clients/chains.ts';
import type { Clock } from './clients/clock.ts';
import type { ExchangeRates } from './clients/exchange-rates.ts';
import type { FileTypes } from './clients/file-types.ts';
import type { Images } from './clients/images.ts';
import type { Mailer } from './clients/mail.ts';
import type { Passwords } from './clients/passwords.ts';
import type { ReceivingKeys } from './clients/receiving-keys.ts';
import type { SharedCounters } from './clients/redis.ts';
import type { Storage } from './clients/storage.ts';
import type { WalletSignatures } from './clients/wallet-signatures.ts';
import type { Webhooks } from './clients/webhooks.ts';
import type { Config } from './config.ts';
import type { Readiness } from './health/check-readiness.ts';
import { isRetryable } from './lib/database-errors.ts';

export type Logger = {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
};

/** Everything the service is built from. Made once, in deps.ts. */
export type Deps = {
  config: Config;
  db: Db;
  clock: Clock;
  passwords: Passwords;
  mailer: Mailer;
  storage: Storage;
  fileTypes: FileTypes;
  images: Images;
  signatures: WalletSignatures;
  /** The card processor. */
  cards: CardPayments;
  /** The chains that payments in crypto are watched on. */
  chains: Chains;
  rates: ExchangeRates;
  /** Addresses of brands, by public derivation: no private key is ever here. */
  receivingKeys: ReceivingKeys;
  /** Sends webhooks, to public addresses only. */
  webhooks: Webhooks;
  /** What seals the secrets of webhook endpoints. */
  webhookKey: Buffer;
  /** Work that is done later: enqueued in the transaction that it belongs to. */
  jobs: Jobs;
  log: Logger;
  cursorKey: Buffer;
  /** Set when shutdown begins: readiness answers 503 from then on. */
  lifecycle: { draining: boolean };
  readiness: () => Promise<Readiness>;
  /** Sign-ins being tried now in this process, by throttle key. */
  loginsRunning: Map<string, number>;
  /** The short looks at a chain that are under way, by its id. */
  chainLooks: Map<number, Promise<boolean>>;
  /** Counters that several processes share, with REDIS_URL. */
  redis: SharedCounters | null;
  /** What API keys were used for. */
  usage: UsageMeter;
  close: () => Promise<void>;
};

/** Who calls. `tenantRole` is the caller's role in the tenant of the call, if there is one. */
export type UserActor = {
  type: 'user';
  userId: string;
  sessionId: string;
  platformRole: 'admin' | 'user';
  tenantRole: TenantRole | null;
  tokenExpiresAt: Date;
};
/** A key of the tenant of the call. Authentication has seen to it that it may do what it asks. */
export type ApiKeyActor = {
  type: 'apiKey';
  apiKeyId: string;
  tenantId: string;
  scopes: ApiKeyScope[];
  plan: Plan;
  /** The key's own limit, if it has one. */
  requestsPerMinute: number | null;
  /** The counter that its requests take from, if it has a number of them. */
  creditsId: string | null;
  usedThisMonth: number;
  expiresAt: Date | null;
};
export type Actor = { type: 'anonymous' } | UserActor | ApiKeyActor;

/** What every operation gets as its first argument. */
export type Ctx<Who extends Actor = Actor> = {
  deps: Deps;
  db: Db;
  actor: Who;
  /** The tenant of the call: of its path, else the API key's, else of X-Tenant-Id, else the only one of the user. */
  tenantId: string | null;
  clock: Clock;
  /** Where clients reach this service: PUBLIC_URL, in development else what the request says. */
  baseUrl: string;
  /** Names this request to whoever repeats it under its Idempotency-Key: what it made is found again by it. */
  onceKey: string | null;
  requestId: string;
  ipAddress: string;
  userAgent: string | null;
  /** Whether the key has no request left in its present window. */
  isKeyLimited: (key: Pick<ApiKeyActor, 'apiKeyId' | 'plan' | 'requestsPerMinute'>) => Promise<boolean>;
  /** Takes one of the codes that the caller may try in a minute, whether it is right or not. */
  takeGuess: TakeGuess;
  signAccessToken: (claims: { userId: string; sessionId: string; issuedAt: Date }) => string;
};

export type TakeGuess = (who: Pick<Ctx, 'actor' | 'ipAddress'>) => Promise<void>;

const MAX_ATTEMPTS = 4;

/** Runs `work` in one transaction; a lost serialization race or deadlock runs it again, at most three times. */
export async function withTx<T>(ctx: Pick<Ctx, 'db'>, work: (tx: Db) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await ctx.db.transaction((tx) => work(tx as unknown as Db));
    } catch (error) {
      if (attempt === MAX_ATTEMPTS || !isRetryable(error)) throw error;
      await new Promise((resolve) => setTimeout(resolve, attempt * 10 * Math.random()));
    }
  }
}
