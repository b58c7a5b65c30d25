import { findReadUntil, listKnownEventIds, listReadAccounts, saveReadUntil } from '#db/queries/stripe-events.ts';
import { listStripeAccounts } from '#db/queries/tenants.ts';
import type { CardEvent } from '../clients/card-payments.ts';
import type { Deps } from '../context.ts';
import { addSeconds } from '../lib/time.ts';
import { requireDatabase, takeEvent } from './take-event.ts';

/** Read again each time: Stripe's list may show an event later than its stamp says. */
const OVERLAP_SECONDS = 600;
const FIRST_LOOK_SECONDS = 86_400;
/** As many as the processor is asked for at once: others may follow. */
const MAX_EVENTS = 1_000;

/**
 * Fetches what Stripe has to tell and never did: with the endpoint out of reach for hours everything still comes to its right
 * state. Says how many events were missing.
 */
export async function reconcileEvents(deps: Deps): Promise<number> {
  const connected = new Set([...(await listStripeAccounts(deps.db)), ...(await listReadAccounts(deps.db))]);
  const accounts = [null, ...connected];
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
  const key = account ?? '';
  const readUntil = (await findReadUntil(deps.db, key)) ?? addSeconds(deps.clock.now(), -FIRST_LOOK_SECONDS);
  let since = addSeconds(readUntil, -OVERLAP_SECONDS);
  for (let missing = 0; ; ) {
    const events = await deps.cards.listEvents({ account, since });
    missing += await takeMissing(deps, events);
    const last = events.at(-1)?.createdAt;
    if (last && last > readUntil) await saveReadUntil(deps.db, { account: key, readUntil: last });
    if (!last || events.length < MAX_EVENTS) return missing;
    // More than that in one second: Stripe cannot be asked for the rest of it.
    since = last > since ? last : addSeconds(since, 1);
  }
}

async function takeMissing(deps: Deps, events: readonly CardEvent[]): Promise<number> {
  const ids = events.map(({ id }) => id);
  const known = new Set(await listKnownEventIds(deps.db, ids));
  const isLive = deps.cards.mode === 'live';
  const missing = events.filter(({ id, livemode }) => !known.has(id) && livemode === isLive);
  for (const event of missing) {
    // One that cannot be kept does not hold up those after it.
    await takeEvent(deps, event).catch((err) => {
      requireDatabase(err);
      deps.log.error({ err, eventId: event.id }, 'an event could not be kept');
    });
  }
  return missing.length;
}
