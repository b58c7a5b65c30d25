import {
  deleteLoginThrottle,
  insertLoginFailure,
  listLoginThrottles,
  type ThrottleKeys,
  updateThrottleTurn,
} from '#db/queries/login-throttles.ts';
import { hasSessionFrom } from '#db/queries/sessions.ts';
import type { Ctx } from '../context.ts';
import { networkOf } from '../lib/addresses.ts';
import { AppError } from '../lib/errors.ts';
import { hashToken } from '../lib/secrets.ts';
import { addSeconds, secondsUntil } from '../lib/time.ts';
import { TOO_MANY_ATTEMPTS } from './errors.ts';
import { computeLoginDelay, THROTTLE_WINDOW_MS } from './rules.ts';

/** What a sign-in does with its turn once the password has been tried. */
export type LoginTurn = { failed: () => Promise<void>; succeeded: () => Promise<void>; done: () => void };

/** Takes a turn to try a password, or refuses with the seconds to wait. Knows e-mails only by their hash. */
export async function throttleLogin(ctx: Ctx, { email, now }: { email: string; now: Date }): Promise<LoginTurn> {
  if (ctx.deps.config.RATE_LIMITS === 'off')
    return { failed: async () => {}, succeeded: async () => {}, done: () => {} };

  const { db } = ctx;
  const network = networkOf(ctx.ipAddress);
  const keys: ThrottleKeys = {
    account: hashToken(`account|${email}`),
    address: hashToken(`address|${network}`),
    pair: hashToken(`pair|${email}|${network}`),
  };
  const windowStart = new Date(now.getTime() - THROTTLE_WINDOW_MS);
  const rows = (await listLoginThrottles(db, keys)).filter((row) => row.lastFailedAt >= windowStart);
  const failures = (key: string) => rows.find((row) => row.key === key)?.failures ?? 0;
  const running = ctx.deps.loginsRunning;
  const tried = failures(keys.pair) + (running.get(keys.pair) ?? 0);
  const delay = computeLoginDelay({ account: failures(keys.account), address: failures(keys.address), pair: tried });
  // Who has signed in from here before is not held up by what others at the same address do to other accounts.
  if (delay.address > 0 && tried === 0 && (await hasSessionFrom(db, { email, ipAddress: ctx.ipAddress }))) {
    delay.address = 0;
  }
  for (const kind of ['pair', 'address'] as const) {
    if (delay[kind] === 0) continue;
    const until = addSeconds(now, delay[kind]);
    if (await updateThrottleTurn(db, { key: keys[kind], until, now })) continue;
    const blockedUntil = rows.find((row) => row.key === keys[kind])?.blockedUntil ?? until;
    throw new AppError(TOO_MANY_ATTEMPTS, { retryAfterSeconds: secondsUntil(blockedUntil, now) });
  }
  const done = countRunning(running, keys.pair);
  return {
    failed: () => insertLoginFailure(db, { keys, now, windowStart }),
    succeeded: async () => {
      if (failures(keys.pair) > 0) await deleteLoginThrottle(db, keys.pair);
    },
    done,
  };
}

// Guesses that are being hashed count before they have failed: a burst is no way around the count.
function countRunning(running: Map<string, number>, key: string): () => void {
  running.set(key, (running.get(key) ?? 0) + 1);
  return () => {
    const left = (running.get(key) ?? 1) - 1;
    if (left > 0) running.set(key, left);
    else running.delete(key);
  };
}
