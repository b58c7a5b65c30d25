import { listExpiryStates, listHoldersForUpdate, setExpireAt } from '#db/queries/point-expiry.ts';
import { type Deps, withTx } from '../context.ts';
import { decideExpiry } from './expiry-rules.ts';

const BATCH = 500;
const FIRST = '00000000-0000-0000-0000-000000000000';

/**
 * Notes for all members of a brand when to look at their points next, by the policy of now: what is due already, at once. In
 * batches, each a transaction; done again it does the same.
 */
export async function spreadPolicy(
  deps: Pick<Deps, 'db' | 'clock'>,
  { tenantId }: { tenantId: string },
): Promise<void> {
  const now = deps.clock.now();
  for (let afterId: string | undefined = FIRST; afterId !== undefined; ) {
    const from: string = afterId;
    afterId = await withTx(deps, async (tx) => {
      // Held first: what is read after it is what they have.
      const membershipIds = await listHoldersForUpdate(tx, { tenantId, afterId: from, limit: BATCH });
      if (membershipIds.length === 0) return undefined;
      const states = await listExpiryStates(tx, { tenantId, membershipIds, now });
      const looks = states.map((state) => {
        const { due, next } = decideExpiry(state, now);
        return { membershipId: state.membershipId, at: due > 0 ? now : (next?.at ?? null) };
      });
      await setExpireAt(tx, { tenantId, looks });
      return membershipIds.at(-1);
    });
  }
}
