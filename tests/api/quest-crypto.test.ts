import { afterEach, expect, it } from 'vitest';
import { startChain } from '../support/anvil.ts';
import { newMember } from '../support/coupons.ts';
import { CHAIN_ID, mine, openCryptoShop, pay, send, watch } from '../support/crypto.ts';
import { findBroken } from '../support/invariants.ts';
import { balanceOf, countAll, makeQuest, progressOf } from '../support/quests.ts';
import { openRows } from '../support/rows.ts';
import { startTestApp } from '../support/test-app.ts';

const chain = await startChain({ chainId: CHAIN_ID });
const test = await startTestApp({ EVM_RPC_URL: chain.url, EVM_CHAIN_ID: String(CHAIN_ID), RATE_LIMITS: 'off' });
const { sql } = openRows(test.url);
const shop = await openCryptoShop(test);
const { tenantId, owner } = shop;
const basic = { token: owner.token, body: { name: 'Basic', code: 'basic', rank: 0 } };
await test.call('POST', `memberships/tenant/${tenantId}/tiers`, basic);
afterEach(async () => expect(await findBroken(sql)).toEqual([]));

// After which of: paid, undone, paid again, the counting comes.
it.each([[[2]], [[0, 2]], [[1, 2]], [[0, 1, 2]]])(
  'counts a payment once that was undone and paid again, counted after %j',
  async (counting) => {
    const { id: questId } = await makeQuest(test, shop, {
      kind: 'event',
      event: 'payment.succeeded',
      target: 2,
      points: 5,
    });
    const { token } = await newMember(test, tenantId);
    const step = async (n: number) => {
      await watch(test);
      if (counting.includes(n)) await countAll(test);
    };
    const made = await pay(test, shop, { token });
    await watch(test);
    const snapshot = await chain.client.snapshot();
    await send(chain, made.address, '0.0075');
    await mine(chain, 3);
    await step(0);
    await chain.client.revert({ id: snapshot });
    await mine(chain, 6);
    await step(1);
    await send(chain, made.address, '0.0075');
    await mine(chain, 2);
    await step(2);
    expect(await progressOf(test, { tenantId, questId, token })).toMatchObject({ status: 'in_progress', count: 1 });
    const waiting = await sql`select 1 from quest_counts where quest_id = ${questId} and status = 'pending'`;
    expect(waiting).toEqual([]);
    expect(await balanceOf(test, { tenantId, token })).toBe(0);
  },
);
