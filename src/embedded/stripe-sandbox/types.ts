import type Stripe from 'stripe';

// At rest every reference is an id, whatever the SDK's type would let it expand to; decimals are text, as on the wire.
type AtRest<T> = string extends T
  ? Extract<T, string | null | undefined>
  : T extends readonly (infer E)[]
    ? (string extends E ? string : E)[]
    : T;
type Flat<T> = { [K in keyof T]: AtRest<T[K]> };

type Replace<T, R> = Omit<T, keyof R> & R;

export type Page<T> = { object: 'list'; data: T[]; has_more: boolean; url: string };
export type Metadata = Record<string, string>;

export type Customer = Replace<Flat<Stripe.Customer>, { discount: null }>;
export type Product = Flat<Stripe.Product>;
export type Price = Replace<Flat<Stripe.Price>, { unit_amount_decimal: string | null }>;
/** `_number` is the test card, which decides how it behaves; `_isSetUp` that its holder agreed to later charges. */
export type PaymentMethod = Flat<Stripe.PaymentMethod> & { _number: string; _isSetUp: boolean };
export type PaymentIntent = Flat<Stripe.PaymentIntent> & { _invoice: string | null; _offSession: boolean };
export type SetupIntent = Flat<Stripe.SetupIntent> & { _subscription: string | null };
export type Charge = Omit<Flat<Stripe.Charge>, 'refunds'>;
export type Refund = Flat<Stripe.Refund>;
export type Dispute = Flat<Stripe.Dispute>;
export type BalanceTransaction = Flat<Stripe.BalanceTransaction>;
export type Coupon = Omit<Flat<Stripe.Coupon>, 'applies_to'> & { _products: string[] | null };
export type PromotionCode = Replace<
  Flat<Stripe.PromotionCode>,
  { promotion: { coupon: string; type: 'coupon' }; metadata: Metadata }
>;
/** `_isSpent`: a coupon for one invoice has been on it. */
export type Discount = Replace<
  Flat<Stripe.Discount>,
  { source: { coupon: string; type: 'coupon' }; _isSpent: boolean }
>;
export type SubscriptionItem = Replace<Flat<Stripe.SubscriptionItem>, { price: Price; plan: Plan; quantity: number }>;
export type Plan = Replace<Flat<Stripe.Plan>, { amount_decimal: string | null }>;
export type Subscription = Replace<
  Omit<Flat<Stripe.Subscription>, 'pending_update'>,
  { items: Page<SubscriptionItem>; pending_update: PendingUpdate | null }
>;
export type PendingUpdate = Replace<
  Flat<Stripe.Subscription.PendingUpdate>,
  { subscription_items: SubscriptionItem[] | null }
>;
export type InvoiceLine = Replace<
  Flat<Stripe.InvoiceLineItem>,
  {
    pricing: { type: 'price_details'; price_details: { price: string; product: string }; unit_amount_decimal: string };
    quantity_decimal: string | null;
  }
>;
/** `_update` is applied to the subscription when the invoice is paid. */
export type Invoice = Replace<
  Omit<Flat<Stripe.Invoice>, 'payments' | 'confirmation_secret'>,
  { lines: Page<InvoiceLine>; _intent: string | null; _retries: number }
>;
export type InvoiceItem = Replace<
  Flat<Stripe.InvoiceItem>,
  { quantity_decimal: string; pricing: InvoiceLine['pricing']; _item: string | null }
>;
export type StripeEvent = {
  id: string;
  object: 'event';
  account?: string;
  api_version: string;
  created: number;
  data: { object: unknown; previous_attributes?: unknown };
  livemode: boolean;
  pending_webhooks: number;
  request: { id: string | null; idempotency_key: string | null };
  type: string;
};
export type Token = { id: string; object: 'token'; created: number; _method: string } & Record<string, unknown>;

export type Account = { id: string; object: 'account'; created: number } & Record<string, unknown>;

/** What an account holds, by the name of its list. */
export type Objects = {
  customers: Customer;
  products: Product;
  prices: Price;
  payment_methods: PaymentMethod;
  payment_intents: PaymentIntent;
  setup_intents: SetupIntent;
  charges: Charge;
  refunds: Refund;
  disputes: Dispute;
  balance_transactions: BalanceTransaction;
  coupons: Coupon;
  promotion_codes: PromotionCode;
  discounts: Discount;
  subscriptions: Subscription;
  invoices: Invoice;
  invoiceitems: InvoiceItem;
  events: StripeEvent;
  tokens: Token;
  accounts: Account;
};
export type Collection = keyof Objects;
