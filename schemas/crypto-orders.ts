import { z } from 'zod';
import { Currency } from './common.ts';
import { Asset, ChainId } from './crypto.ts';
import { CryptoDetails } from './crypto-payments.ts';
import { Amount } from './money.ts';
import { exampleOrder, namesOnce, ONCE, orderFields, Payment } from './payments.ts';

const { items: askedItems, ...aroundItems } = orderFields;
export const CryptoQuoteBody = z
  .object({
    ...aroundItems,
    asset: Asset,
    chainId: ChainId,
    items: askedItems.optional(),
    amount: Amount.min(1).optional().meta({ description: 'With `currency`, in place of items: a sum for no product' }),
    currency: Currency.optional(),
  })
  .refine(namesOnce, ONCE)
  .refine(
    ({ items, amount, currency }) => (items ? amount === undefined && currency === undefined : amount && currency),
    {
      path: ['items'],
      error: 'give items, or amount and currency',
    },
  )
  .meta({ id: 'CryptoQuoteBody', example: { ...exampleOrder, asset: 'ETH', chainId: 1 } });
export type CryptoQuoteBody = z.output<typeof CryptoQuoteBody>;

/** What /payments/crypto/create answers. */
export const CreatedCryptoPayment = z
  .object({ payment: Payment, crypto: CryptoDetails.optional().meta({ description: 'Absent for a total of 0' }) })
  .meta({ id: 'CreatedCryptoPayment' });
export type CreatedCryptoPayment = z.output<typeof CreatedCryptoPayment>;
