import { z } from 'zod';
import { Id, IdParam, PageQuery, Timestamp, text } from './common.ts';
import { Address, CryptoAmount, TxHash } from './crypto.ts';

/** Nothing, or not enough, seen yet; enough seen, waiting for confirmations; paid; over; refused by an admin. */
export const cryptoStates = ['new', 'processing', 'settled', 'expired', 'invalid'] as const;
export type CryptoState = (typeof cryptoStates)[number];
/** How the sum differs, or who said that it was paid. */
export const cryptoExtras = ['none', 'partial', 'late', 'over', 'marked'] as const;
export type CryptoExtra = (typeof cryptoExtras)[number];
/** What the brand owes the payer, and how it means to give it back. */
export const owedKinds = ['credit', 'refund'] as const;
export type OwedKind = (typeof owedKinds)[number];
/** `credited` counts for a payment; the others are recorded, so that nothing is lost. */
export const transferVerdicts = ['credited', 'wrong_asset', 'unmatched'] as const;
export type TransferVerdict = (typeof transferVerdicts)[number];
export const timelineKinds = [
  'created',
  'seen',
  'wrong_asset',
  'processing',
  'settled',
  'expired',
  'canceled',
  'invalid',
  'reversed',
  'marked',
  'late_refused',
  'refunded',
] as const;
export type TimelineKind = (typeof timelineKinds)[number];

const exampleAddress = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8';
const exampleHash = `0x${'ab'.repeat(32)}`;

/** The crypto side of a payment, as lists and events show it. */
export const CryptoSummary = z
  .object({
    chainId: z.int(),
    asset: z.string(),
    contract: z.string().nullable(),
    address: z.string(),
    payAmount: z.string().meta({ description: 'What is to be sent: the price less `credit`' }),
    credit: z.string().meta({
      description:
        'What the brand owed the payer and was taken off; less where it was given back, or what it came from was undone',
    }),
    actuallyPaid: z.string(),
    due: z.string().meta({ description: 'What is missing; negative: what is too much' }),
    status: z.enum(cryptoStates),
    additionalStatus: z.enum(cryptoExtras),
    partiallyPaid: z.boolean(),
    overPaid: z.boolean(),
    afterExpiration: z.boolean(),
    manuallyMarked: z.boolean(),
  })
  .meta({ id: 'CryptoSummary' });
export type CryptoSummary = z.output<typeof CryptoSummary>;

const CryptoTransaction = z
  .object({
    txHash: z.string(),
    logIndex: z.int().meta({ description: 'The index of the log in its block; -1 for a transfer of the native asset' }),
    from: z.string(),
    contract: z.string().nullable(),
    amount: z.string().meta({ description: 'In base units where the asset is not that of the payment' }),
    verdict: z.enum(transferVerdicts),
    blockNumber: z.int(),
    confirmations: z.int(),
    reversed: z.boolean().meta({ description: 'Its block is no part of the chain any more' }),
    seenAt: Timestamp,
  })
  .meta({ id: 'CryptoTransaction' });

const TimelineEntry = z
  .object({ at: Timestamp, kind: z.enum(timelineKinds), data: z.record(z.string(), z.unknown()) })
  .meta({ id: 'CryptoTimelineEntry' });

const exampleSummary = {
  chainId: 1,
  asset: 'ETH',
  contract: null,
  address: exampleAddress,
  payAmount: '0.01992',
  credit: '0',
  actuallyPaid: '0',
  due: '0.01992',
  status: 'new' as const,
  additionalStatus: 'none' as const,
  partiallyPaid: false,
  overPaid: false,
  afterExpiration: false,
  manuallyMarked: false,
};
const exampleDetails = {
  ...exampleSummary,
  decimals: 18,
  confirmations: 0,
  requiredConfirmations: 12,
  expiresAt: '2026-11-23T14:30:16.123Z',
  monitorUntil: '2026-11-24T14:15:16.123Z',
  uri: `ethereum:${exampleAddress}@1?value=19920000000000000`,
  qrCode: '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 41 41"></svg>',
  owed: null,
  transactions: [],
  transactionCount: 0,
  timeline: [{ at: '2026-11-23T14:15:16.123Z', kind: 'created' as const, data: {} }],
  timelineCount: 1,
};

export const CryptoDetails = CryptoSummary.extend({
  decimals: z.int(),
  confirmations: z.int().meta({ description: 'Of the youngest transfer that counts; 0 before there is one' }),
  requiredConfirmations: z.int(),
  expiresAt: Timestamp,
  monitorUntil: Timestamp,
  uri: z.string().meta({ description: 'EIP-681: what a wallet opens' }),
  qrCode: z.string().optional().meta({
    description: 'The same as a QR code, in SVG: when the payment is made, and from its status with `?qrCode=true`',
  }),
  owed: z
    .object({ amount: z.string(), as: z.enum(owedKinds) })
    .nullable()
    .meta({
      description: 'What was paid and did not pay for anything, less what was sent back or taken off as credit',
    }),
  transactions: z.array(CryptoTransaction).meta({ description: 'The newest 50, in the order in which they were seen' }),
  transactionCount: z.int().meta({ description: 'How many there are' }),
  timeline: z.array(TimelineEntry).meta({ description: 'The newest 50 entries, in order' }),
  timelineCount: z.int().meta({ description: 'How many there are' }),
}).meta({ id: 'CryptoDetails', example: exampleDetails });
export type CryptoDetails = z.output<typeof CryptoDetails>;

export const CryptoQuote = z
  .object({
    quoteId: Id,
    asset: z.string(),
    chainId: z.int(),
    payAmount: z.string().meta({ description: "What is to be sent, rounded up to the asset's precision" }),
    credit: z.string().meta({
      description: 'What the brand owes the payer in this asset, and takes off: the price is `payAmount` and this',
    }),
    rate: z.string().meta({ description: 'What one of the asset costs, in the major unit of the currency' }),
    rateSource: z.string(),
    rateAt: Timestamp.meta({ description: 'When the source told it: at most five minutes ago' }),
    subtotal: z.int(),
    discount: z.int(),
    amount: z.int(),
    currency: z.string(),
    expiresAt: Timestamp,
  })
  .meta({
    id: 'CryptoQuote',
    example: {
      quoteId: '019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071',
      asset: 'ETH',
      chainId: 1,
      payAmount: '0.01992',
      credit: '0',
      rate: '2500.00',
      rateSource: 'static',
      rateAt: '2026-11-23T14:15:16.123Z',
      subtotal: 4980,
      discount: 0,
      amount: 4980,
      currency: 'EUR',
      expiresAt: '2026-11-23T14:30:16.123Z',
    },
  });
export type CryptoQuote = z.output<typeof CryptoQuote>;

export const CreateCryptoPaymentBody = z
  .object({ quoteId: IdParam })
  .meta({ id: 'CreateCryptoPaymentBody', example: { quoteId: '019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071' } });

export const CheckCryptoBody = z
  .object({ txHash: TxHash.optional() })
  .nullish()
  .meta({ id: 'CheckCryptoBody', example: {} });

export const MarkCryptoBody = z
  .object({ status: z.enum(['settled', 'invalid']), reason: text(500) })
  .meta({ id: 'MarkCryptoBody', example: { status: 'settled', reason: 'Paid in cash at the counter' } });
export type MarkCryptoBody = z.output<typeof MarkCryptoBody>;

export const RecordCryptoRefundBody = z
  .object({
    txHash: TxHash,
    destination: Address,
    amount: CryptoAmount,
    refundId: IdParam.optional().meta({
      description: 'The refund that this makes; absent: it gives back what is owed',
    }),
  })
  .meta({
    id: 'RecordCryptoRefundBody',
    example: { txHash: exampleHash, destination: exampleAddress, amount: '0.01992' },
  });
export type RecordCryptoRefundBody = z.output<typeof RecordCryptoRefundBody>;

export const CryptoRefund = z
  .object({
    id: Id,
    paymentId: Id,
    refundId: Id.nullable(),
    chainId: z.int(),
    txHash: z.string(),
    asset: z.string(),
    amount: z.string(),
    destination: z.string(),
    createdAt: Timestamp,
  })
  .meta({
    id: 'CryptoRefund',
    example: {
      id: '019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071',
      paymentId: '019ab3c4-9999-7b02-8c3d-4e5f60718293',
      refundId: null,
      chainId: 1,
      txHash: exampleHash,
      asset: 'ETH',
      amount: '0.01992',
      destination: exampleAddress,
      createdAt: '2026-11-23T14:15:16.123Z',
    },
  });
export type CryptoRefund = z.output<typeof CryptoRefund>;

export const CryptoTransfer = z
  .object({
    id: Id,
    paymentId: Id.nullable(),
    chainId: z.int(),
    txHash: z.string(),
    logIndex: z.int(),
    from: z.string(),
    to: z.string(),
    contract: z.string().nullable(),
    units: z.string().meta({ description: 'In base units, as the chain has them' }),
    verdict: z.enum(transferVerdicts),
    blockNumber: z.int(),
    reversed: z.boolean(),
    createdAt: Timestamp,
  })
  .meta({
    id: 'CryptoTransfer',
    example: {
      id: '019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071',
      paymentId: null,
      chainId: 1,
      txHash: exampleHash,
      logIndex: 7,
      from: exampleAddress,
      to: exampleAddress,
      contract: '0xdac17f958d2ee523a2206206994597c13d831ec7',
      units: '19920000',
      verdict: 'wrong_asset',
      blockNumber: 24_000_000,
      reversed: false,
      createdAt: '2026-11-23T14:15:16.123Z',
    },
  });
export type CryptoTransfer = z.output<typeof CryptoTransfer>;
export const CryptoTransfersQuery = PageQuery.extend({ verdict: z.enum(transferVerdicts).optional() });
export const exampleCryptoSummary = exampleSummary;
