import type { CryptoQuoteBody } from '#schemas/crypto-orders.ts';
import type { CryptoQuote } from '#schemas/crypto-payments.ts';
import type { Ctx, UserActor } from '../context.ts';
import { askedCoupons } from '../payments/rules.ts';
import { presentQuote } from './present-crypto.ts';
import { makeQuote } from './steps/make-quote.ts';

/** What an order costs this buyer in an asset. It holds nothing: neither stock nor coupons. */
export async function quoteCryptoPayment(ctx: Ctx<UserActor>, body: CryptoQuoteBody): Promise<CryptoQuote> {
  const coupons = askedCoupons(body);
  if (coupons.some((one) => 'code' in one)) await ctx.takeGuess(ctx);
  const { db, deps, clock, actor } = ctx;
  const { userId } = actor;
  return presentQuote(
    await makeQuote({ db, chains: deps.chains, rates: deps.rates }, { ...body, coupons, userId, now: clock.now() }),
  );
}
