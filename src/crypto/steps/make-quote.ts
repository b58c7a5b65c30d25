import type { Db } from '#db/client.ts';
import { findFreeCredit } from '#db/queries/crypto-credits.ts';
import { type CryptoQuoteRow, insertCryptoQuote } from '#db/queries/crypto-quotes.ts';
import { type CryptoSettingsRow, takeKeyIndex } from '#db/queries/crypto-settings.ts';
import type { AssetSetting } from '#schemas/crypto.ts';
import type { AskedCoupon, OrderItem } from '#schemas/payments.ts';
import type { Deps } from '../../context.ts';
import { AppError } from '../../lib/errors.ts';
import { newId } from '../../lib/ids.ts';
import { LIFETIMES } from '../../lib/limits.ts';
import { addSeconds } from '../../lib/time.ts';
import { AMOUNT_TOO_LARGE } from '../../payments/errors.ts';
import { applyCoupons } from '../../payments/steps/apply-coupons.ts';
import { requireSeller } from '../../payments/steps/open-payment.ts';
import { priceOrder, priceSum } from '../../payments/steps/price-order.ts';
import { computeAskedUnits, computePayUnits } from '../amount-rules.ts';
import { computeCredit } from '../credit-rules.ts';
import { requireRate } from './find-rate.ts';
import { requireAsset } from './find-settings.ts';

export type Quoting = {
  tenantId: string;
  userId: string;
  items?: readonly OrderItem[] | undefined;
  amount?: number | undefined;
  currency?: string | undefined;
  asset?: string | undefined;
  chainId?: number | undefined;
  coupons: AskedCoupon[];
  storeId?: string | undefined;
  metadata?: Record<string, unknown> | undefined;
  now: Date;
};
type Asking = { db: Db } & Pick<Deps, 'chains' | 'rates'>;

/** What the order costs in the asset, locked for fifteen minutes. */
export async function makeQuote({ db, chains, rates }: Asking, quoting: Quoting): Promise<CryptoQuoteRow> {
  const { tenantId, userId, now } = quoting;
  await requireSeller(db, quoting);
  const { settings, asset } = await requireAsset(db, { ...quoting, chains });
  const bill = await billOf(db, quoting);
  const { amount, currency } = bill;
  const { rate, source, at } = await requireRate(rates, { source: asset.rate, asset: asset.asset, currency, now });
  const price = computePayUnits({ ...asset, amount, currency, rate });
  const free = price === 0n ? 0n : await findFreeCredit(db, { ...asset, tenantId, userId });
  const creditUnits = computeCredit({ ...asset, free, price });
  const rest = price - creditUnits;
  const payUnits = rest === 0n ? 0n : await ask(db, { price: rest, settings, asset });
  if (payUnits >= 10n ** 78n) throw new AppError(AMOUNT_TOO_LARGE);
  const { items = null, coupons, storeId = null, metadata = {} } = quoting;
  const order = { items: items && [...items], coupons, storeId, metadata };
  const times = { rateAt: at, createdAt: now, expiresAt: addSeconds(now, LIFETIMES.cryptoQuote) };
  const what = { tenantId, id: newId(), userId, asset, payUnits, creditUnits, rate, rateSource: source };
  return insertCryptoQuote(db, { ...what, ...bill, order, ...times });
}

type Asked = { price: bigint; settings: CryptoSettingsRow; asset: Required<AssetSetting> };

async function ask(db: Db, { price, settings, asset }: Asked): Promise<bigint> {
  const { address } = settings;
  if (address === null) return price;
  const index = await takeKeyIndex(db, `${asset.chainId}:${asset.contract}:${address}`);
  return computeAskedUnits(price, { kind: 'address', index, ...asset });
}

/** The same sums as a payment of now would have. */
async function billOf(db: Db, { tenantId, userId, items, amount, currency, coupons: asked, now }: Quoting) {
  const priced = items
    ? await priceOrder(db, { tenantId, userId, items, now })
    : priceSum({ amount: amount ?? 0, currency: currency ?? '' });
  const used = asked.length > 0 ? await applyCoupons(db, { tenantId, userId, asked, priced, now }) : null;
  const { subtotal } = priced;
  const discount = used?.discount ?? 0;
  return { subtotal, discount, amount: subtotal - discount, currency: priced.currency };
}
