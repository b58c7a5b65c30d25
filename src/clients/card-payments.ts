/** What we ask of the card processor (Stripe), in our own words: no type of its SDK leaves src/clients. */
export type CardPayments = {
  readonly publishableKey: string;
  /** Where browsers confirm: https://api.stripe.com, or the sandbox. */
  readonly apiBase: string;
  readonly mode: 'sandbox' | 'test' | 'live';
  createCustomer: (input: OnAccount & Keyed & NewCustomer) => Promise<string>;
  createIntent: (input: OnAccount & Keyed & NewIntent) => Promise<CardIntent>;
  findIntent: (input: OnAccount & { intentId: string }) => Promise<CardIntent>;
  /** The intent as it is afterwards: canceled, or what it had become before. */
  cancelIntent: (input: OnAccount & { intentId: string }) => Promise<CardIntent>;
  createRefund: (input: OnAccount & Keyed & NewRefund) => Promise<CardRefund>;
  findRefund: (input: OnAccount & { refundId: string }) => Promise<CardRefund>;
  createPrice: (input: OnAccount & Keyed & NewPrice) => Promise<string>;
  createCoupon: (input: OnAccount & Keyed & NewCoupon) => Promise<string>;
  createPromotion: (input: OnAccount & Keyed & NewPromotion) => Promise<string>;
  setPromotionActive: (input: OnAccount & { promotionId: string; active: boolean }) => Promise<void>;
  createSubscription: (input: OnAccount & Keyed & NewSubscription) => Promise<CardSubscription>;
  findSubscription: (input: OnAccount & { subscriptionId: string }) => Promise<CardSubscription>;
  cancelSubscription: (input: OnAccount & { subscriptionId: string }) => Promise<CardSubscription>;
  setCancelAtPeriodEnd: (
    input: OnAccount & { subscriptionId: string; cancelAtPeriodEnd: boolean },
  ) => Promise<CardSubscription>;
  /** Charges the difference at once; the change holds only when that is paid. */
  changePrice: (input: OnAccount & Keyed & PriceChange) => Promise<CardSubscription>;
  /** What changePrice would charge now. */
  previewPriceChange: (input: OnAccount & PriceChange) => Promise<{ amount: number; currency: string }>;
  findInvoice: (input: OnAccount & { invoiceId: string }) => Promise<CardInvoice>;
  /** Whether the platform may act for the account. */
  isAccountUsable: (accountId: string) => Promise<boolean>;
  /** The first events since an instant, oldest first, at most 1,000: those of the account, or the platform's own. */
  listEvents: (input: OnAccount & { since: Date }) => Promise<CardEvent[]>;
  /** An event as it was kept, from the account that it was kept for. */
  eventOf: (payload: Record<string, unknown>, account: string | null) => CardEvent;
  /** The event that these bytes hold, or null when they are not signed by the processor at about this time. */
  readEvent: (input: { body: Buffer; signature: string | undefined; now: Date }) => Promise<CardEvent | null>;
  /** What the processor refused for good, when that is what the error is: another error may go away by itself. */
  refusalOf: (error: unknown) => CardRefused | null;
};

/** The processor said no: the same call would get the same answer. */
export class CardRefused extends Error {
  readonly code: string | null;
  readonly param: string | null;
  readonly declineCode: string | null;

  constructor(refusal: Pick<CardRefused, 'code' | 'param' | 'declineCode' | 'message'>) {
    super(refusal.message);
    this.name = 'CardRefused';
    this.code = refusal.code;
    this.param = refusal.param;
    this.declineCode = refusal.declineCode;
  }
}

/** A brand's connected account; null is the platform's own. */
export type OnAccount = { account: string | null };
/** The processor does the same thing once for its key. */
export type Keyed = { idempotencyKey: string };
export type Metadata = Readonly<Record<string, string>>;

export type NewCustomer = { name: string | null; email: string | null; metadata: Metadata };
export type NewIntent = {
  amount: number;
  currency: string;
  customerId: string;
  description: string;
  metadata: Metadata;
};
export type CardIntentStatus =
  | 'requires_payment_method'
  | 'requires_confirmation'
  | 'requires_action'
  | 'processing'
  | 'requires_capture'
  | 'canceled'
  | 'succeeded';
export type CardFailure = { code: string; message: string };
export type CardIntent = {
  id: string;
  status: CardIntentStatus;
  /** Of the latest attempt, until another succeeds. */
  failure: CardFailure | null;
  amount: number;
  amountReceived: number;
  currency: string;
  clientSecret: string;
  metadata: Metadata;
};

/** The currency is that of the intent; a reason that the processor does not know stays with us. */
export type NewRefund = {
  intentId: string;
  amount: number;
  currency: string;
  reason: string | null;
  metadata: Metadata;
};
export type CardRefundStatus = 'pending' | 'requires_action' | 'succeeded' | 'failed' | 'canceled';
export type CardRefund = {
  id: string;
  status: CardRefundStatus;
  amount: number;
  currency: string;
  intentId: string | null;
  failureReason: string | null;
  metadata: Metadata;
};

/** What a card was charged; the fingerprint is the same for the same card, whoever uses it. */
export type CardCharge = {
  intentId: string | null;
  isPaid: boolean;
  fingerprint: string | null;
  metadata: Metadata;
};

export type CardDispute = {
  id: string;
  intentId: string | null;
  amount: number;
  currency: string;
  reason: string;
  status: string;
  createdAt: Date;
};

export type Interval = 'month' | 'year';
export type NewPrice = { name: string; amount: number; currency: string; interval: Interval; metadata: Metadata };
/** A percentage, or a sum with its currency; `months` is of the duration `repeating`. */
export type NewCoupon = {
  name: string;
  percentOff: number | null;
  amountOff: number | null;
  currency: string | null;
  duration: 'once' | 'repeating' | 'forever';
  months: number | null;
  metadata: Metadata;
};
/** A code at the processor that gives the coupon. */
export type NewPromotion = { couponId: string; code: string; metadata: Metadata };
export type NewSubscription = {
  customerId: string;
  priceId: string;
  trialDays: number;
  /** A promotion that is taken off; by its coupon, where the promotion has been switched off meanwhile. */
  discount: { promotionId: string; couponId: string } | null;
  metadata: Metadata;
};
export type CardSubscriptionStatus =
  | 'incomplete'
  | 'incomplete_expired'
  | 'trialing'
  | 'active'
  | 'past_due'
  | 'canceled'
  | 'unpaid'
  | 'paused';
export type CardSubscription = {
  id: string;
  status: CardSubscriptionStatus;
  priceId: string;
  /** A change of price that waits for its payment. */
  pendingPriceId: string | null;
  periodStart: Date;
  periodEnd: Date;
  trialEnd: Date | null;
  cancelAtPeriodEnd: boolean;
  canceledAt: Date | null;
  endedAt: Date | null;
  latestInvoiceId: string | null;
  /** Of the payment, or of the set-up for a trial, that its holder must confirm; null when nothing is to be confirmed. */
  clientSecret: string | null;
  metadata: Metadata;
};
export type PriceChange = { subscriptionId: string; priceId: string };

export type CardInvoice = {
  id: string;
  status: 'draft' | 'open' | 'paid' | 'uncollectible' | 'void';
  subscriptionId: string | null;
  subtotal: number;
  discount: number;
  amountPaid: number;
  currency: string;
  /** Which paid it, if money moved. */
  intentId: string | null;
  paidAt: Date | null;
  /** False when it only settles a change of price. */
  isForPeriod: boolean;
  /** What it pays for. */
  periodStart: Date;
  periodEnd: Date;
};

/** The object of an event, as far as we know its kind. It is a snapshot: what it shows may be past. */
export type CardEventObject =
  | { kind: 'intent'; intent: CardIntent }
  | { kind: 'charge'; charge: CardCharge }
  | { kind: 'refund'; refund: CardRefund }
  | { kind: 'dispute'; dispute: CardDispute }
  | { kind: 'subscription'; subscriptionId: string; metadata: Metadata }
  | { kind: 'invoice'; invoiceId: string; subscriptionId: string | null }
  | { kind: 'other' };

export type CardEvent = {
  id: string;
  type: string;
  account: string | null;
  livemode: boolean;
  apiVersion: string | null;
  createdAt: Date;
  object: CardEventObject;
  /** As it was received, without the secret of an intent: JSON. */
  payload: Record<string, unknown>;
};
