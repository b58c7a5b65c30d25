const DAY_SECONDS = 86_400;

/** Limits that are decided, not configured. Times in milliseconds unless the name says otherwise. */
export const LIMITS = {
  bodyBytes: 1_048_576,
  /** Of the largest file. */
  fileBytes: 2_147_483_648,
  headersTimeout: 10_000,
  requestTimeout: 20_000,
  /** A file may take longer, as long as something of it arrives. */
  fileSilence: 20_000,
  fileTimeout: 3_600_000,
  connectionsCheckingInterval: 1_000,
  keepAliveTimeout: 72_000,
  shutdown: 9_500,
  lastRequests: 5_000,
  lastHandlers: 500,
  lastWebhooks: 3_000,
  databaseAtStart: 10_000,
  usageFlush: 5_000,
} as const;

/** Lifetimes in seconds (reliability: access tokens at most 15 minutes, grace of a spent token 30 s, nonces 10 minutes). */
export const LIFETIMES = {
  accessToken: 900,
  refreshToken: 30 * DAY_SECONDS,
  refreshGrace: 30,
  session: 180 * DAY_SECONDS,
  invitation: 7 * DAY_SECONDS,
  verifyEmail: DAY_SECONDS,
  resetPassword: 3_600,
  walletNonce: 600,
  signedMessageAge: 300,
  idempotentAnswer: DAY_SECONDS,
  cardPayment: 1_800,
  cryptoQuote: 900,
  /** How long a request that calls others may run before another goes on with its work. */
  idempotencyClaim: 40,
  keyOverlap: DAY_SECONDS,
} as const;

/**
 * Requests from one address (IPv6: one /64) in a window of seconds, before anybody is authenticated. `max: null` is
 * RATE_LIMIT_PER_ADDRESS. Where guessing pays the bucket is closed when the shared counter (Redis) is down; else it is open.
 */
export const RATE_LIMITS = {
  standard: { max: null, seconds: 60, whenDown: 'open' },
  login: { max: 20, seconds: 10, whenDown: 'closed' },
  register: { max: 30, seconds: 60, whenDown: 'closed' },
  password: { max: 15, seconds: 60, whenDown: 'closed' },
  wallet: { max: 30, seconds: 60, whenDown: 'closed' },
  guess: { max: 20, seconds: 60, whenDown: 'closed' },
  chain: { max: 60, seconds: 60, whenDown: 'open' },
} as const satisfies Record<string, { max: number | null; seconds: number; whenDown: 'open' | 'closed' }>;
export type RateLimit = keyof typeof RATE_LIMITS;

/** Requests of one signed-in user in a minute, from all addresses together. */
export const USER_REQUESTS_PER_MINUTE = 1_200;
