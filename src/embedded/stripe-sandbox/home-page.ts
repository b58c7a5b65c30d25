import { page } from './html.ts';

const CONTROLS: readonly (readonly [string, string])[] = [
  ['GET /_sandbox/clock', 'the instant of the sandbox'],
  [
    'POST /_sandbox/clock/advance {"days": 31}',
    'seconds, hours, days, or "to": a Unix time; renewals, retries and trial ends in between happen',
  ],
  ['GET /_sandbox/deliveries', 'webhooks that wait, and the latest that were sent, with their attempts'],
  ['POST /_sandbox/deliveries/pause · resume', 'hold webhooks back; resume takes {"order": "reverse"}'],
  ['POST /_sandbox/deliveries/reverse {"count": 3}', 'hold the next three, then send them backwards'],
  ['POST /_sandbox/deliveries/duplicate {"count": 1}', 'send the next one twice'],
  ['POST /_sandbox/deliveries/drop {"count": 1}', 'throw the next one away'],
  ['POST /_sandbox/deliveries/replay {"event": "evt_…"}', 'send an event again; without "event", all of them'],
  [
    'POST /_sandbox/charges/decline-next {"code": "card_declined", "decline_code": "insufficient_funds", "count": 1}',
    'refuse the next charge, whatever the card; of one "customer" only, if named',
  ],
  [
    'POST /_sandbox/requests/fail-next {"status": 429, "count": 1}',
    'refuse the next API call; "drop" does the work and cuts the line',
  ],
  ['POST /_sandbox/disputes {"charge": "ch_…", "reason": "fraudulent"}', 'open a dispute; "payment_intent" works too'],
  ['POST /_sandbox/disputes/du_…/close {"outcome": "won"}', 'win or lose it'],
  ['POST /_sandbox/refunds/re_…/fail {}', 'the bank sends a refund back'],
  [
    'POST /_sandbox/authenticate/pi_… {"client_secret": "…", "outcome": "succeed"}',
    'what the page for 3-D Secure does; or "fail"',
  ],
  [
    'POST /_sandbox/billing {"retryDays": [2, 5, 7, 7], "afterRetries": "cancel"}',
    'attempts on unpaid invoices, and what follows: "cancel" or "unpaid"',
  ],
  ['POST /_sandbox/reset {}', 'forget everything'],
];

const CARDS: readonly (readonly [string, string])[] = [
  ['4242 4242 4242 4242', 'pays'],
  ['4000 0000 0000 0002', 'declined'],
  ['4000 0000 0000 9995', 'insufficient funds'],
  ['4000 0000 0000 0069', 'expired'],
  ['4000 0000 0000 0127', 'wrong security code'],
  ['4000 0000 0000 0119', 'processing error'],
  ['4000 0025 0000 3155', 'asks for authentication until it is set up'],
  ['4000 0027 6000 3184', 'asks for authentication each time'],
  ['4000 0000 0000 0341', 'attaches, then is declined'],
  ['4000 0000 0000 0259', 'is disputed'],
  ['4000 0000 0000 5126', 'its refunds fail some seconds later'],
];

/** What somebody who opens the address in a browser reads. */
export function homePage(url: string): string {
  const rows = (entries: readonly (readonly [string, string])[]) =>
    entries.map(([left, right]) => `<li><code>${left}</code>: ${right}</li>`).join('\n');
  return page(
    'Stripe sandbox',
    `<p>It speaks Stripe's HTTP API (version 2026-10-28.endive) at <code>${url}/v1</code>: point the official SDK's
<code>host</code>, <code>port</code> and <code>protocol</code> at it. A browser confirms at
<code>${url}/v1/payment_intents/:id/confirm</code> with the publishable key and the client secret.</p>
<h2>Test cards</h2><ul>${rows(CARDS)}</ul>
<h2>Controls</h2><p>JSON in, JSON out, without a key; an object of a connected account takes "account".</p><ul>${rows(CONTROLS)}</ul>`,
  );
}
