import type { Db } from '#db/client.ts';
import type { Jobs } from '#db/jobs.ts';
import { type CryptoPaymentRow, insertCryptoPayment, insertTimeline } from '#db/queries/crypto-payments.ts';
import { type CryptoQuoteRow, useCryptoQuote } from '#db/queries/crypto-quotes.ts';
import { type CryptoSettingsRow, findCryptoSettings, takeKeyIndex } from '#db/queries/crypto-settings.ts';
import { type PaymentRow, updatePayment } from '#db/queries/payments.ts';
import type { ReceivingKeys } from '../../clients/receiving-keys.ts';
import { isUniqueViolation } from '../../lib/database-errors.ts';
import { AppError } from '../../lib/errors.ts';
import { newId } from '../../lib/ids.ts';
import { addSeconds } from '../../lib/time.ts';
import { METHOD_UNAVAILABLE } from '../../payments/errors.ts';
import { openPayment } from '../../payments/steps/open-payment.ts';
import { QUOTE_EXPIRED, QUOTE_OUTDATED, QUOTE_USED } from '../errors.ts';
import { presentSummary } from '../present-crypto.ts';
import { standPayment } from './stand-payment.ts';
import { takeCredit } from './take-credit.ts';

type Opening = {
  quote: CryptoQuoteRow;
  receivingKeys: ReceivingKeys;
  jobs: Jobs;
  baseUrl: string;
  onceKey: string | null;
  now: Date;
};

/** The payment of a quote: the same order at the same price, or none. */
export async function openCrypto(tx: Db, opening: Opening): Promise<PaymentRow> {
  const { quote, baseUrl, onceKey, now } = opening;
  const { tenantId, id: quoteId, userId, order, amount, currency } = quote;
  if (quote.expiresAt <= now) throw new AppError(QUOTE_EXPIRED);
  const settings = await findCryptoSettings(tx, tenantId);
  if (!settings?.accountKind) throw new AppError(METHOD_UNAVAILABLE);
  const { items, coupons, storeId, metadata } = order;
  const sum = items ? undefined : { amount: quote.subtotal, currency };
  const who = { tenantId, userId, method: 'crypto' as const, storeId: storeId ?? undefined, metadata, onceKey };
  const lifetime = settings.expiryMinutes * 60;
  const payment = await openPayment(tx, { ...who, items: items ?? [], sum, coupons, baseUrl, lifetime, now });
  if (payment.amount !== amount || payment.currency !== currency) throw new AppError(QUOTE_OUTDATED);
  const isMine = await useCryptoQuote(tx, { tenantId, quoteId, paymentId: payment.id });
  if (!isMine) throw new AppError(QUOTE_USED);
  return amount === 0 ? payment : addCrypto(tx, { ...opening, payment, settings });
}

type Adding = Opening & { payment: PaymentRow; settings: CryptoSettingsRow };

async function addCrypto(tx: Db, adding: Adding): Promise<PaymentRow> {
  const { payment, receivingKeys, jobs, now } = adding;
  const { tenantId, id: paymentId } = payment;
  const row = await insertSide(tx, adding);
  await takeCreditFor(tx, { payment, row, now });
  const address = await receivingKeys.checksum(row.address);
  const data = {
    payUnits: `${row.payUnits}`,
    creditUnits: `${row.creditUnits}`,
    rate: row.rate,
    rateSource: row.rateSource,
  };
  await insertTimeline(tx, { tenantId, createdAt: now, entries: [{ id: newId(), paymentId, kind: 'created', data }] });
  const opened = await updatePayment(tx, {
    tenantId,
    paymentId,
    change: { crypto: presentSummary(row, address) },
    now,
  });
  // Credit has paid for all of it.
  return row.payUnits > 0n ? opened : (await standPayment(tx, { tenantId, paymentId, jobs, now })).payment;
}

type Crediting = { payment: PaymentRow; row: CryptoPaymentRow; now: Date };

/** What the quote has counted with is there, or another one has to be asked for. */
async function takeCreditFor(tx: Db, { payment, row, now }: Crediting): Promise<void> {
  const { id: paymentId, creditUnits: units } = row;
  if (units === 0n) return;
  const owner = { ...row, userId: payment.userId };
  if (!(await takeCredit(tx, { owner, paymentId, units, now }))) throw new AppError(QUOTE_OUTDATED);
}

async function insertSide(tx: Db, { payment, quote, settings, receivingKeys, now }: Adding): Promise<CryptoPaymentRow> {
  const { tenantId, id, expiresAt, createdAt } = payment;
  const { payUnits, creditUnits, rate, rateSource, asset } = quote;
  const { toleranceBps, policies, monitoringMinutes } = settings;
  const where = await addressOf(tx, { settings, receivingKeys });
  const { chainId, contract, decimals, confirmations: requiredConfirmations } = asset;
  const what = {
    tenantId,
    id,
    chainId,
    asset: asset.asset,
    contract,
    decimals,
    payUnits,
    creditUnits,
    rate,
    rateSource,
  };
  const terms = { toleranceBps, policies, requiredConfirmations };
  // At an address that many pay to nothing can be told to be for it.
  const isWatched = payUnits > 0n || where.accountKind === 'xpub';
  const none = { paidUnits: 0n, confirmedUnits: 0n, owedUnits: 0n, returnedUnits: 0n };
  const standing = { status: 'new' as const, additionalStatus: 'none' as const, isMarked: false, isWatched };
  const monitorUntil = addSeconds(createdAt, monitoringMinutes * 60);
  const times = { expiresAt: expiresAt ?? monitorUntil, monitorUntil, createdAt: now, updatedAt: now };
  try {
    return await insertCryptoPayment(tx, { ...what, ...where, ...terms, ...none, ...standing, ...times });
  } catch (error) {
    // Somebody is asked for this very amount at the address: another quote has another one.
    if (isUniqueViolation(error, 'crypto_payments_amount_key')) throw new AppError(QUOTE_OUTDATED);
    throw error;
  }
}

type Receiving = Pick<Adding, 'settings' | 'receivingKeys'>;

/** A fresh address of the brand's extended key, or its one address. */
async function addressOf(tx: Db, { settings, receivingKeys }: Receiving) {
  const { xpub, address } = settings;
  if (address !== null) return { accountKind: 'address' as const, address, keyIndex: null };
  const keyId = xpub && (await receivingKeys.idOf(xpub));
  if (!xpub || !keyId) throw new Error('a stored extended key cannot be read');
  const keyIndex = await takeKeyIndex(tx, keyId);
  return { accountKind: 'xpub' as const, address: await receivingKeys.addressAt(xpub, keyIndex), keyIndex };
}
