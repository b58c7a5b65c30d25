import { z } from 'zod';
import { Id, IdParam, PageQuery, Timestamp } from './common.ts';

export const CryptoCredit = z
  .object({
    paymentId: Id.meta({ description: 'The payment that it came from' }),
    tenantId: Id,
    userId: Id,
    chainId: z.int(),
    asset: z.string(),
    contract: z.string().nullable(),
    amount: z.string().meta({ description: 'What is owed as credit, less what was sent back' }),
    used: z.string().meta({ description: 'What payments have taken off, also those that are not paid yet' }),
    left: z.string().meta({ description: 'What the next payment in this asset on this chain takes off' }),
    createdAt: Timestamp,
    updatedAt: Timestamp,
  })
  .meta({
    id: 'CryptoCredit',
    example: {
      paymentId: '019ab3c4-9999-7b02-8c3d-4e5f60718293',
      tenantId: '019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071',
      userId: '019ab3c4-7777-7f80-9a1b-2c3d4e5f6071',
      chainId: 1,
      asset: 'ETH',
      contract: null,
      amount: '0.0025',
      used: '0.001',
      left: '0.0015',
      createdAt: '2026-11-23T14:15:16.123Z',
      updatedAt: '2026-11-23T14:30:16.123Z',
    },
  });
export type CryptoCredit = z.output<typeof CryptoCredit>;

export const MyCreditsQuery = PageQuery.extend({
  tenantId: IdParam.optional().meta({ description: 'Only what this brand owes' }),
});
export const CreditsQuery = PageQuery.extend({
  userId: IdParam.optional().meta({ description: 'Only what this person is owed' }),
});
