import { type CustomerKey, findCustomerId, insertCustomer } from '#db/queries/stripe-objects.ts';
import { findUser } from '#db/queries/users.ts';
import type { Deps } from '../../context.ts';

/** The person as a customer at the processor: made once for each brand and account. */
export async function ensureCustomer(deps: Pick<Deps, 'db' | 'cards'>, key: CustomerKey): Promise<string> {
  const known = await findCustomerId(deps.db, key);
  if (known) return known;
  const { tenantId, userId, account } = key;
  const user = await findUser(deps.db, userId);
  const customerId = await deps.cards.createCustomer({
    account,
    // The same request for the same key, so the processor makes one customer: what may change is part of it.
    idempotencyKey: `customer-${tenantId}-${userId}-${user?.updatedAt.getTime() ?? 0}`,
    name: user?.name ?? null,
    email: user?.email ?? null,
    metadata: { tenantId, userId },
  });
  await insertCustomer(deps.db, { ...key, customerId });
  return (await findCustomerId(deps.db, key)) ?? customerId;
}
