export type Decline = { code: string; decline_code?: string; message: string };
export type TestCard = {
  number: string;
  brand: string;
  country: string;
  funding: 'credit' | 'debit' | 'prepaid';
  decline?: Decline;
  /** `charge`: it attaches, and is declined when it is charged. */
  declineOn?: 'charge';
  /** `unless_set_up`: an agreement to later charges makes it pass off session. */
  authenticates?: 'always' | 'unless_set_up';
  dispute?: 'fraudulent' | 'product_not_received' | 'inquiry';
  refund?: 'fails' | 'pending';
};

const declined = (decline_code: string, message = 'Your card was declined.'): Decline => ({
  code: 'card_declined',
  decline_code,
  message,
});
const GENERIC = declined('generic_decline');
const FUNDS = declined('insufficient_funds', 'Your card has insufficient funds.');
const named = (code: string, message: string): Decline => ({ code, decline_code: code, message });
const EXPIRED = named('expired_card', 'Your card has expired.');
const CVC = named('incorrect_cvc', "Your card's security code is incorrect.");
const PROCESSING = named(
  'processing_error',
  'An error occurred while processing your card. Try again in a little bit.',
);

const visa = (number: string, behaviour: Partial<TestCard> = {}): TestCard => ({
  number,
  brand: 'visa',
  country: 'US',
  funding: 'credit',
  ...behaviour,
});

const CARDS: readonly (readonly [TestCard, ...string[]])[] = [
  [visa('4242424242424242'), 'visa'],
  [visa('4000056655665556', { funding: 'debit' }), 'visa_debit'],
  [visa('5555555555554444', { brand: 'mastercard' }), 'mastercard'],
  [visa('5200828282828210', { brand: 'mastercard', funding: 'debit' }), 'mastercard_debit'],
  [visa('5105105105105100', { brand: 'mastercard', funding: 'prepaid' }), 'mastercard_prepaid'],
  [visa('378282246310005', { brand: 'amex' }), 'amex'],
  [visa('6011111111111117', { brand: 'discover' }), 'discover'],
  [visa('3056930009020004', { brand: 'diners' }), 'diners'],
  [visa('3566002020360505', { brand: 'jcb', country: 'JP' }), 'jcb'],
  [visa('4000008260000000', { country: 'GB' }), 'gb'],
  [visa('4000002500000003', { country: 'FR' }), 'fr'],
  [visa('4000000000000002', { decline: GENERIC }), 'visa_chargeDeclined', 'chargeDeclined'],
  [
    visa('4000000000009995', { decline: FUNDS }),
    'visa_chargeDeclinedInsufficientFunds',
    'chargeDeclinedInsufficientFunds',
  ],
  [visa('4000000000009987', { decline: declined('lost_card') }), 'visa_chargeDeclinedLostCard'],
  [visa('4000000000009979', { decline: declined('stolen_card') }), 'visa_chargeDeclinedStolenCard'],
  [visa('4100000000000019', { decline: declined('fraudulent') }), 'radarBlock', 'chargeDeclinedFraudulent'],
  [
    visa('4000000000006975', { decline: declined('card_velocity_exceeded') }),
    'visa_chargeDeclinedVelocityLimitExceeded',
  ],
  [visa('4000000000000069', { decline: EXPIRED }), 'chargeDeclinedExpiredCard'],
  [visa('4000000000000127', { decline: CVC }), 'chargeDeclinedIncorrectCvc'],
  [visa('4000000000000119', { decline: PROCESSING }), 'chargeDeclinedProcessingError'],
  [visa('4000000000000341', { decline: GENERIC, declineOn: 'charge' }), 'chargeCustomerFail'],
  [visa('4000002500003155', { authenticates: 'unless_set_up', country: 'FR' }), 'authenticationRequiredOnSetup'],
  [visa('4000002760003184', { authenticates: 'always', country: 'DE' }), 'authenticationRequired'],
  [visa('4000000000003220', { authenticates: 'always' }), 'threeDSecure2Required', 'threeDSecureRequired'],
  [
    visa('4000008260003178', { authenticates: 'always', decline: FUNDS, declineOn: 'charge', country: 'GB' }),
    'authenticationRequiredChargeDeclinedInsufficientFunds',
  ],
  [
    visa('4000008400001629', { authenticates: 'always', decline: GENERIC, declineOn: 'charge' }),
    'threeDSecureRequiredChargeDeclined',
  ],
  [visa('4000000000000259', { dispute: 'fraudulent' }), 'createDispute'],
  [visa('4000000000002685', { dispute: 'product_not_received' }), 'createDisputeProductNotReceived'],
  [visa('4000000000001976', { dispute: 'inquiry' }), 'createDisputeInquiry'],
  [visa('4000000000005126', { refund: 'fails' }), 'refundFail'],
  [visa('4000000000007726', { refund: 'pending' }), 'pendingRefund'],
];

const byNumber = new Map(CARDS.map(([card]) => [card.number, card]));
const byName = new Map(CARDS.flatMap(([card, ...names]) => names.map((name) => [name, card] as const)));

/** The card of `pm_card_visa` or `tok_visa`. */
export function cardNamed(id: string): TestCard | undefined {
  return byName.get(id.replace(/^(pm_card_|tok_)/, ''));
}

/** A number that Stripe gives no behaviour passes as a plain card of its brand. */
export function cardNumbered(number: string): TestCard {
  const known = byNumber.get(number);
  if (known) return known;
  const brands: Record<string, string> = { 3: 'amex', 5: 'mastercard', 6: 'discover' };
  return visa(number, { brand: brands[number.charAt(0)] ?? 'visa' });
}

/** The check digit that every card number ends with. */
export function hasCheckDigit(number: string): boolean {
  const digits = [...number].reverse().map(Number);
  const sum = digits.reduce(
    (total, digit, index) => total + (index % 2 === 0 ? digit : ((digit * 2) % 9) + (digit === 9 ? 9 : 0)),
    0,
  );
  return /^\d{12,19}$/.test(number) && sum % 10 === 0;
}
