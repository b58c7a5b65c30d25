import { findReadUntil, listKnownEventIds, saveReadUntil } from '#db/queries/stripe-events.ts';
import { listStripeAccounts } from '#db/queries/tenants.ts';
import type { Deps } from '../context.ts';
import { addSeconds } from '../lib/time.ts';
import { takeEvent } from './take-event.ts';

/** Read again each time: Stripe's list may show an event later than its stamp says. */
const OVERLAP_SECONDS = 600;
const FIRST_LOOK_SECONDS = 86_400;

/**
 * Fetches what Stripe has to tell and never did: with the endpoint out of reach for hours everything still comes to its right
 * state. Says how many events were missing.
 */
export async function reconcileEvents(deps: Deps): Promise<number> {
  const accounts = [null, ...(await listStripeAccounts(deps.db))];
  let missing = 0;
  for (const account of accounts) {
    try {
      missing += await reconcileAccount(deps, account);
    } catch (err) {
      deps.log.warn({ err, account }, 'the events of an account could not be read');
    }
  }
  return missing;
}

async function reconcileAccount(deps: Deps, account: string | null): Promise<number> {
  const now = deps.clock.now();
  const key = account ?? '';
  const readUntil = (await findReadUntil(deps.db, key)) ?? addSeconds(now, -FIRST_LOOK_SECONDS);
  const events = await deps.cards.listEvents({ account, since: addSeconds(readUntil, -OVERLAP_SECONDS) });
  const known = new Set(
    await listKnownEventIds(
      deps.db,
      events.map(({ id }) => id),
    ),
  );
  const isLive = deps.cards.mode === 'live';
  const missing = events.filter(({ id, livemode }) => !known.has(id) && livemode === isLive);
  for (const event of missing) await takeEvent(deps, event);
  const last = events.at(-1);
  if (last) await saveReadUntil(deps.db, { account: key, readUntil: last.createdAt });
  return missing.length;
}
