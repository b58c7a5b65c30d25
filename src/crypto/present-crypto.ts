import type { ChainCursorRow } from '#db/queries/chain-cursors.ts';
import type { CryptoPaymentRow, TimelineRow } from '#db/queries/crypto-payments.ts';
import type { CryptoQuoteRow } from '#db/queries/crypto-quotes.ts';
import type { CryptoRefundRow } from '#db/queries/crypto-refunds.ts';
import type { CryptoSettingsRow } from '#db/queries/crypto-settings.ts';
import type { CryptoTransferRow, NewestTransfers } from '#db/queries/crypto-transfers.ts';
import type { CryptoSettings } from '#schemas/crypto.ts';
import type {
  CryptoDetails,
  CryptoQuote,
  CryptoRefund,
  CryptoSummary,
  CryptoTransfer,
} from '#schemas/crypto-payments.ts';
import { fromUnits } from '../lib/decimal.ts';
import { qrSvg } from '../lib/qr-codes.ts';
import { uriOf } from './amount-rules.ts';

export function presentQuote(row: CryptoQuoteRow): CryptoQuote {
  const { id: quoteId, payUnits, rate, rateSource, rateAt, subtotal, discount, amount, currency, expiresAt } = row;
  const { asset, chainId, decimals } = row.asset;
  const payAmount = fromUnits(payUnits, decimals);
  const credit = fromUnits(row.creditUnits, decimals);
  return {
    quoteId,
    asset,
    chainId,
    payAmount,
    credit,
    rate,
    rateSource,
    rateAt,
    subtotal,
    discount,
    amount,
    currency,
    expiresAt,
  };
}

type Facts = Omit<CryptoPaymentRow, 'address'>;

/** `address` as EIP-55 spells it. */
export function presentSummary(row: Facts, address: string): CryptoSummary {
  const { chainId, asset, contract, decimals, payUnits, paidUnits, status, additionalStatus, isMarked } = row;
  const needed = payUnits + row.lostUnits;
  const isAwaited = status === 'new' || status === 'processing';
  // What was sent back has to come again before anything is paid by it.
  const due = needed - paidUnits + (isAwaited ? row.returnedUnits : 0n);
  return {
    ...{ chainId, asset, contract, address, status, additionalStatus },
    payAmount: fromUnits(payUnits, decimals),
    credit: fromUnits(row.creditUnits - row.lostUnits, decimals),
    actuallyPaid: fromUnits(paidUnits, decimals),
    due: fromUnits(due, decimals),
    partiallyPaid: paidUnits > 0n && paidUnits < needed,
    overPaid: paidUnits > needed,
    afterExpiration: additionalStatus === 'late',
    manuallyMarked: isMarked,
  };
}

type Shown = {
  row: CryptoPaymentRow;
  address: string;
  /** What others have taken of what is owed here, as credit. */
  usedUnits: bigint;
  transfers: NewestTransfers;
  timeline: { rows: readonly TimelineRow[]; count: number };
  withQrCode?: boolean | undefined;
  cursor: Pick<ChainCursorRow, 'blockNumber'> | undefined;
};

export function presentDetails(shown: Shown): CryptoDetails {
  const { row, address, usedUnits, transfers, timeline, cursor, withQrCode } = shown;
  const { decimals, contract, chainId, payUnits, expiresAt, monitorUntil, requiredConfirmations } = row;
  const head = cursor?.blockNumber ?? 0;
  const confirmationsOf = ({ blockNumber, reversedAt }: CryptoTransferRow) =>
    reversedAt === null ? Math.max(0, head - blockNumber + 1) : 0;
  const left = row.owedUnits - row.returnedUnits - usedUnits;
  // Where the amount tells payers apart it stays what it was, whatever else is missing.
  const units = row.accountKind === 'xpub' ? payUnits + row.lostUnits : payUnits;
  const uri = uriOf({ address, contract, chainId, units });
  return {
    ...presentSummary(row, address),
    ...{ decimals, expiresAt, monitorUntil, requiredConfirmations, uri },
    ...(withQrCode && { qrCode: qrSvg(uri) }),
    confirmations: transfers.youngest === null ? 0 : Math.max(0, head - transfers.youngest + 1),
    owed: left > 0n && row.owedAs !== null ? { amount: fromUnits(left, decimals), as: row.owedAs } : null,
    transactions: transfers.rows.map((transfer) => {
      const { txHash, logIndex, from, verdict, blockNumber, createdAt: seenAt, reversedAt } = transfer;
      const amount = transfer.contract === contract ? fromUnits(transfer.units, decimals) : `${transfer.units}`;
      const where = { blockNumber, confirmations: confirmationsOf(transfer), reversed: reversedAt !== null };
      return { txHash, logIndex, from, contract: transfer.contract, amount, verdict, ...where, seenAt };
    }),
    transactionCount: transfers.count,
    timeline: timeline.rows.map(({ createdAt: at, kind, data }) => ({ at, kind, data })),
    timelineCount: timeline.count,
  };
}

export function presentTransfer(row: CryptoTransferRow): CryptoTransfer {
  const { id, paymentId, chainId, txHash, logIndex, from, to, contract, verdict, blockNumber, createdAt } = row;
  const where = { chainId, txHash, logIndex, from, to, contract, blockNumber, reversed: row.reversedAt !== null };
  return { id, paymentId, ...where, units: row.units.toString(), verdict, createdAt };
}

type Returned = Pick<CryptoPaymentRow, 'asset' | 'decimals'>;

export function presentCryptoRefund(row: CryptoRefundRow, { asset, decimals }: Returned): CryptoRefund {
  const { id, paymentId, refundId, chainId, txHash, units, destination, createdAt } = row;
  return {
    id,
    paymentId,
    refundId,
    chainId,
    txHash,
    asset,
    amount: fromUnits(units, decimals),
    destination,
    createdAt,
  };
}

const SHOWN_CHARACTERS = 9;

export function presentSettings(row: CryptoSettingsRow): CryptoSettings {
  const { accountKind: kind, xpub, address, assets, toleranceBps, expiryMinutes, monitoringMinutes, policies } = row;
  const masked = xpub && `${xpub.slice(0, SHOWN_CHARACTERS)}…${xpub.slice(-6)}`;
  const account = kind && { kind, address, xpub: masked };
  return { account, assets, toleranceBps, expiryMinutes, monitoringMinutes, policies, updatedAt: row.updatedAt };
}
