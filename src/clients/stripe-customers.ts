import type { CardPayments } from './card-payments.ts';
import { type Ask, optionsOf } from './stripe-client.ts';
import { isRefused, isStripeError } from './stripe-errors.ts';

type Customers = Pick<CardPayments, 'createCustomer' | 'isAccountUsable'>;

export function customersOf(ask: Ask): Customers {
  return {
    createCustomer: async ({ name, email, metadata, ...call }) => {
      const params = { metadata, ...(name !== null && { name }), ...(email !== null && { email }) };
      const { id } = await ask((stripe) => stripe.customers.create(params, optionsOf(call)));
      return id;
    },
    isAccountUsable: (accountId) =>
      ask(async (stripe) => {
        try {
          await stripe.accounts.retrieve(accountId);
          return true;
        } catch (error) {
          // Stripe says the same of an account that is not there and of one that is not the platform's: 403.
          if (isStripeError(error) && (isRefused(error) || error.statusCode === 403)) return false;
          throw error;
        }
      }),
  };
}
