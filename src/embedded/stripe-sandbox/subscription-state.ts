import { changed, emit } from './events.ts';
import { type Session, save } from './session.ts';
import type { Subscription } from './types.ts';

/** Saves the subscription and says what is new about it; nothing when nothing is. */
export function moveSubscription(
  session: Session,
  { before, after }: { before: Subscription; after: Subscription },
): Subscription {
  const previous = changed(before, after);
  if (Object.keys(previous).length === 0) return after;
  save(session, 'subscriptions', after);
  emit(session, 'customer.subscription.updated', { of: after, before: previous });
  return after;
}
