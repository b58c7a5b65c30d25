import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  check,
  foreignKey,
  index,
  integer,
  jsonb,
  numeric,
  pgTable,
  primaryKey,
  text,
  unique,
  uniqueIndex,
} from 'drizzle-orm/pg-core';
import { type AssetSetting, accountKinds, type CryptoPolicies } from '#schemas/crypto.ts';
import { cryptoExtras, cryptoStates, owedKinds, timelineKinds, transferVerdicts } from '#schemas/crypto-payments.ts';
import { choice, id, instant, oneOf } from './columns.ts';
import { payments, refunds } from './payments.ts';
import { tenants } from './tenants.ts';
import { users } from './users.ts';

/** Base units of an asset, up to 2^256. */
export const units = () => numeric({ precision: 78, scale: 0, mode: 'bigint' });
const money = () => bigint({ mode: 'number' });
const block = () => bigint({ mode: 'number' });

/** How a brand takes crypto: where it goes, in which assets, and what becomes of money that does not fit. */
export const cryptoSettings = pgTable(
  'crypto_settings',
  {
    tenantId: id()
      .primaryKey()
      .references(() => tenants.id),
    accountKind: choice(accountKinds),
    xpub: text(),
    address: text(),
    assets: jsonb().$type<Required<AssetSetting>[]>().notNull(),
    toleranceBps: integer().notNull(),
    expiryMinutes: integer().notNull(),
    monitoringMinutes: integer().notNull(),
    policies: jsonb().$type<CryptoPolicies>().notNull(),
    updatedAt: instant().notNull(),
  },
  (table) => [
    index('crypto_settings_address_idx').on(table.address).where(sql`${table.address} is not null`),
    oneOf('crypto_settings_kind_check', table.accountKind, accountKinds),
    check(
      'crypto_settings_account_check',
      sql`coalesce(${table.accountKind}, '') = case when ${table.xpub} is not null then 'xpub' when ${table.address} is not null then 'address' else '' end`,
    ),
  ],
);

/**
 * How many addresses, or amounts, of a receiving account were given out, over all brands that use it: what was given out
 * once is never given out again. `id` is a digest of the key, or the address.
 */
export const receivingKeys = pgTable('receiving_keys', {
  id: text().primaryKey(),
  nextIndex: integer().notNull(),
});

/** What an order costs in an asset, locked for a while. */
export const cryptoQuotes = pgTable(
  'crypto_quotes',
  {
    tenantId: id()
      .notNull()
      .references(() => tenants.id),
    id: id().notNull(),
    userId: id()
      .notNull()
      .references(() => users.id),
    asset: jsonb().$type<Required<AssetSetting>>().notNull(),
    /** What is to be sent, after what was taken off for credit. */
    payUnits: units().notNull(),
    creditUnits: units().notNull().default(sql`0`),
    rate: text().notNull(),
    rateSource: text().notNull(),
    rateAt: instant().notNull(),
    subtotal: money().notNull(),
    discount: money().notNull(),
    amount: money().notNull(),
    currency: text().notNull(),
    order: jsonb()
      .$type<{
        items: { productId: string; quantity: number }[] | null;
        coupons: ({ code: string } | { claimId: string })[];
        storeId: string | null;
        metadata: Record<string, unknown>;
      }>()
      .notNull(),
    paymentId: id(),
    createdAt: instant().notNull(),
    expiresAt: instant().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    // Of any brand: a quote is named by its id alone.
    index('crypto_quotes_id_idx').on(table.id),
    index('crypto_quotes_age_idx').on(table.createdAt),
  ],
);

/**
 * The crypto side of a payment. While `isWatched` its address is looked for in the blocks. `checkBlock` is the block with
 * which its standing may change.
 */
export const cryptoPayments = pgTable(
  'crypto_payments',
  {
    tenantId: id().notNull(),
    id: id().notNull(),
    chainId: integer().notNull(),
    asset: text().notNull(),
    contract: text(),
    decimals: integer().notNull(),
    address: text().notNull(),
    accountKind: choice(accountKinds).notNull(),
    /** Which address of the extended key; null at an address that others pay to as well. */
    keyIndex: integer(),
    /** What is to be sent; with the credit that was taken off it is the price. */
    payUnits: units().notNull(),
    creditUnits: units().notNull().default(sql`0`),
    /** What of the credit is not there now: it was given back, or what it came from was undone. */
    lostUnits: units().notNull().default(sql`0`),
    paidUnits: units().notNull(),
    confirmedUnits: units().notNull(),
    rate: text().notNull(),
    rateSource: text().notNull(),
    toleranceBps: integer().notNull(),
    policies: jsonb().$type<CryptoPolicies>().notNull(),
    requiredConfirmations: integer().notNull(),
    status: choice(cryptoStates).notNull(),
    additionalStatus: choice(cryptoExtras).notNull(),
    isMarked: boolean().notNull(),
    /** What had come when an admin said that it is paid: that pays for it. */
    keptUnits: units(),
    /** Whether late money is taken: null until it was asked. */
    isLateTaken: boolean(),
    owedUnits: units().notNull(),
    owedAs: choice(owedKinds),
    returnedUnits: units().notNull(),
    isWatched: boolean().notNull(),
    checkBlock: block(),
    expiresAt: instant().notNull(),
    monitorUntil: instant().notNull(),
    createdAt: instant().notNull(),
    updatedAt: instant().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    // At one address the exact amount tells payers apart, as long as somebody looks for it.
    uniqueIndex('crypto_payments_amount_key')
      .on(table.tenantId, table.chainId, table.address, sql`coalesce(${table.contract}, '')`, table.payUnits)
      .where(sql`${table.isWatched}`),
    // Of any brand: what a block has for an address, and what is due on a chain.
    index('crypto_payments_watch_idx').on(table.chainId, table.address).where(sql`${table.isWatched}`),
    index('crypto_payments_due_idx').on(table.chainId, table.checkBlock).where(sql`${table.checkBlock} is not null`),
    index('crypto_payments_monitor_idx').on(table.monitorUntil).where(sql`${table.isWatched}`),
    oneOf('crypto_payments_kind_check', table.accountKind, accountKinds),
    oneOf('crypto_payments_status_check', table.status, cryptoStates),
    oneOf('crypto_payments_additional_check', table.additionalStatus, cryptoExtras),
    oneOf('crypto_payments_owed_check', table.owedAs, owedKinds),
    check(
      'crypto_payments_sums_check',
      sql`${table.payUnits} >= 0 and ${table.payUnits} + ${table.creditUnits} > 0 and ${table.lostUnits} between 0 and ${table.creditUnits} and ${table.confirmedUnits} >= 0 and ${table.paidUnits} >= ${table.confirmedUnits}`,
    ),
    foreignKey({
      name: 'crypto_payments_payment_fk',
      columns: [table.tenantId, table.id],
      foreignColumns: [payments.tenantId, payments.id],
    }),
  ],
);

/**
 * What arrived at an address of a brand. `reversedAt` is set while the block is no part of the chain. The log index of a
 * transfer of the native asset is -1. Hashes and addresses are in lower case.
 */
export const cryptoTransfers = pgTable(
  'crypto_transfers',
  {
    tenantId: id()
      .notNull()
      .references(() => tenants.id),
    id: id().notNull(),
    paymentId: id(),
    chainId: integer().notNull(),
    txHash: text().notNull(),
    logIndex: integer().notNull(),
    blockNumber: block().notNull(),
    blockHash: text().notNull(),
    blockAt: instant().notNull(),
    from: text().notNull(),
    to: text().notNull(),
    contract: text(),
    units: units().notNull(),
    verdict: choice(transferVerdicts).notNull(),
    reversedAt: instant(),
    createdAt: instant().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    unique('crypto_transfers_chain_key').on(table.tenantId, table.chainId, table.txHash, table.logIndex),
    index('crypto_transfers_of_payment_idx').on(table.tenantId, table.paymentId),
    index('crypto_transfers_list_idx').on(table.tenantId, table.createdAt, table.id),
    // Of any brand: what a reorganisation undoes.
    index('crypto_transfers_block_idx').on(table.chainId, table.blockNumber),
    oneOf('crypto_transfers_verdict_check', table.verdict, transferVerdicts),
    check('crypto_transfers_units_check', sql`${table.units} >= 0`),
    check('crypto_transfers_case_check', sql`${table.txHash} = lower(${table.txHash})`),
    foreignKey({
      name: 'crypto_transfers_payment_fk',
      columns: [table.tenantId, table.paymentId],
      foreignColumns: [cryptoPayments.tenantId, cryptoPayments.id],
    }),
  ],
);

/** What happened to a payment in crypto, append-only. */
export const cryptoTimeline = pgTable(
  'crypto_timeline',
  {
    tenantId: id().notNull(),
    id: id().notNull(),
    paymentId: id().notNull(),
    kind: choice(timelineKinds).notNull(),
    data: jsonb().$type<Record<string, unknown>>().notNull(),
    createdAt: instant().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    index('crypto_timeline_of_payment_idx').on(table.tenantId, table.paymentId),
    oneOf('crypto_timeline_kind_check', table.kind, timelineKinds),
    foreignKey({
      name: 'crypto_timeline_payment_fk',
      columns: [table.tenantId, table.paymentId],
      foreignColumns: [cryptoPayments.tenantId, cryptoPayments.id],
    }),
  ],
);

/** What a brand sent back, as the chain has it. */
export const cryptoRefunds = pgTable(
  'crypto_refunds',
  {
    tenantId: id().notNull(),
    id: id().notNull(),
    paymentId: id().notNull(),
    refundId: id(),
    chainId: integer().notNull(),
    txHash: text().notNull(),
    logIndex: integer().notNull(),
    destination: text().notNull(),
    units: units().notNull(),
    /** Null where it was not noted. */
    blockNumber: block(),
    /** Since when its block is no part of the chain: it is looked for again, for a while. */
    missingAt: instant(),
    /** It did not come again: it gave nothing back. It is missing, then, too. */
    reversedAt: instant(),
    recordedBy: id(),
    createdAt: instant().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    uniqueIndex('crypto_refunds_chain_key')
      .on(table.tenantId, table.chainId, table.txHash, table.logIndex)
      .where(sql`${table.reversedAt} is null`),
    unique('crypto_refunds_refund_key').on(table.tenantId, table.refundId),
    // Of any brand: what a reorganisation concerns, and what is looked for since.
    index('crypto_refunds_block_idx').on(table.chainId, table.blockNumber).where(sql`${table.missingAt} is null`),
    index('crypto_refunds_missing_idx')
      .on(table.chainId)
      .where(sql`${table.missingAt} is not null and ${table.reversedAt} is null`),
    index('crypto_refunds_of_payment_idx').on(table.tenantId, table.paymentId),
    foreignKey({
      name: 'crypto_refunds_payment_fk',
      columns: [table.tenantId, table.paymentId],
      foreignColumns: [cryptoPayments.tenantId, cryptoPayments.id],
    }),
    foreignKey({
      name: 'crypto_refunds_refund_fk',
      columns: [table.tenantId, table.refundId],
      foreignColumns: [refunds.tenantId, refunds.id],
    }),
  ],
);
