import type { DeliveryError, DeliveryStatus, DisabledReason } from '#schemas/webhooks.ts';
import { addSeconds } from '../lib/time.ts';

export const MAX_ENDPOINTS = 20;
export const SECRET_OVERLAP_SECONDS = 86_400;
export const DELIVERY_DAYS = 90;

const [MINUTE, HOUR] = [60, 3_600];
/** Seconds between an attempt that failed and the next one (reliability.md, 2). */
const SCHEDULE = [5, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR];
const JITTER = 0.1;
const MAX_RETRY_AFTER = 24 * HOUR;
const FAILING_SECONDS = 5 * 24 * HOUR;

export type Answer = { statusCode: number | null; error: DeliveryError | null; retryAfter: string | null };
type Attempt = { attempts: number; now: Date; chance: number };
type Next = { status: Exclude<DeliveryStatus, 'canceled'>; nextAttemptAt: Date | null };

export function isSuccess({ statusCode, error }: Pick<Answer, 'statusCode' | 'error'>): boolean {
  return error === null && statusCode !== null && statusCode >= 200 && statusCode < 300;
}

/**
 * What becomes of a delivery after its latest attempt, the `attempts`-th. Retries follow the schedule, later by up to a
 * tenth as `chance` (0 to 1) says, or as Retry-After asks if that is later still.
 */
export function decideNext(answer: Answer, { attempts, now, chance }: Attempt): Next {
  if (isSuccess(answer)) return { status: 'succeeded', nextAttemptAt: null };
  const seconds = SCHEDULE[attempts - 1];
  if (seconds === undefined || answer.statusCode === 410) return { status: 'failed', nextAttemptAt: null };
  const asked = retryAfterSeconds(answer, now) ?? 0;
  const planned = seconds * (1 + JITTER * chance);
  return { status: 'pending', nextAttemptAt: addSeconds(now, Math.max(planned, asked)) };
}

/** Seconds that a 429 or 503 asks to wait, at most a day; null when it does not say so readably. */
export function retryAfterSeconds({ statusCode, retryAfter }: Omit<Answer, 'error'>, now: Date): number | null {
  if (retryAfter === null || (statusCode !== 429 && statusCode !== 503)) return null;
  const seconds = /^\s*\d{1,9}\s*$/.test(retryAfter)
    ? Number(retryAfter)
    : (Date.parse(retryAfter) - now.getTime()) / 1000;
  if (!(seconds >= 0)) return null;
  return Math.min(seconds, MAX_RETRY_AFTER);
}

/** Why an endpoint is given up after a failure: it says that it is gone, or has failed for five days on end. */
export function decideDisabling(
  { statusCode }: Pick<Answer, 'statusCode'>,
  { failingSince, now }: { failingSince: Date | null; now: Date },
): DisabledReason | null {
  if (statusCode === 410) return 'gone';
  return failingSince !== null && addSeconds(failingSince, FAILING_SECONDS) <= now ? 'failing' : null;
}

/** The id of a delivery of a batch: that of the batch, whose last four hexadecimal digits count them. */
export function deliveryIdOf(batchId: string, index: number): string {
  return batchId.slice(0, -4) + index.toString(16).padStart(4, '0');
}

/** Where a mail may say that an endpoint is: its query may hold a secret. */
export function withoutQuery(url: string): string {
  return url.split(/[?#]/)[0] ?? '';
}

/** Whether the text is a URL that messages may go to, as far as it shows: the address itself is asked of its name. */
export function urlFault(url: string, { allowHttp }: { allowHttp: boolean }): string | null {
  if (!URL.canParse(url)) return 'must be a URL';
  const { protocol, username, password, hostname } = new URL(url);
  if (protocol !== 'https:' && !(allowHttp && protocol === 'http:')) return 'must be an https URL';
  if (username || password) return 'must not hold credentials';
  return hostname === '' ? 'must name a host' : null;
}
