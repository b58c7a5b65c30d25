const DAY_SECONDS = 86_400;

/** Limits that are decided, not configured. Times in milliseconds unless the name says otherwise. */
export const LIMITS = {
  bodyBytes: 1_048_576,
  headersTimeout: 10_000,
  requestTimeout: 20_000,
  connectionsCheckingInterval: 1_000,
  keepAliveTimeout: 72_000,
  shutdown: 9_500,
  lastRequests: 5_000,
  databaseAtStart: 10_000,
  purgeEvery: 600_000,
} as const;

/** Lifetimes of credentials in seconds (reliability: access tokens at most 15 minutes, grace of a spent token 30 s). */
export const LIFETIMES = {
  accessToken: 900,
  refreshToken: 30 * DAY_SECONDS,
  refreshGrace: 30,
  session: 180 * DAY_SECONDS,
  invitation: 7 * DAY_SECONDS,
} as const;
