import { eventTypes } from '#schemas/events.ts';

/** The object that the events of a kind carry. What has no schema of its own yet is any object. */
const DATA: Partial<Record<string, string>> = {
  payment: 'Payment',
  membership: 'Membership',
  product: 'Product',
  coupon: 'CouponClaim',
};

const MEANING: Record<string, string> = {
  created: 'was made',
  updated: 'was changed',
  canceled: 'has ended',
  succeeded: 'is paid',
  failed: 'was declined',
  expired: 'ran out unpaid',
  refunded: 'was refunded, in full or in part',
  released: 'was given back, or its claim ran out',
};

const headers = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) => ({
  name,
  in: 'header',
  required: true,
  description: 'Standard Webhooks',
  schema: { type: 'string' },
}));

/** The `webhooks` section: what is sent for each type of event. */
export function describeWebhooks(): Record<string, object> {
  return Object.fromEntries(eventTypes.map((type) => [type, { post: describe(type) }]));
}

function describe(type: string): object {
  const [kind = '', verb = ''] = type.split('.');
  const name = DATA[kind];
  const data = name ? { $ref: `#/components/schemas/${name}` } : { type: 'object' };
  const own = { properties: { type: { type: 'string', const: type }, data } };
  return {
    operationId: `on.${type}`,
    tags: ['Webhooks'],
    summary: `A ${kind} ${MEANING[verb] ?? `was ${verb}`}`,
    security: [],
    parameters: headers,
    requestBody: {
      required: true,
      content: { 'application/json': { schema: { allOf: [{ $ref: '#/components/schemas/Event' }, own] } } },
    },
    responses: {
      '2XX': { description: 'Received. Any other answer is a failure, and the message comes again' },
      '410': { description: 'Nobody is here any more: the endpoint is disabled' },
    },
  };
}
