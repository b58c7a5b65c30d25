import { eventTypes } from '#schemas/events.ts';
import { TEST_EVENT } from '#schemas/webhooks.ts';

/** The object that the events of a kind, or of one type, carry. What has no schema of its own yet is any object. */
const DATA: Partial<Record<string, string>> = {
  payment: 'Payment',
  membership: 'Membership',
  product: 'Product',
  file: 'StoredFile',
  coupon: 'CouponClaim',
  'coupon.paused': 'Coupon',
  referral: 'ReferralConversion',
  'referral.signup': 'Referral',
  'quest.claimed': 'QuestClaim',
  'quest.completed': 'QuestCompletion',
};

const MEANING: Record<string, string> = {
  created: 'was made',
  updated: 'was changed',
  canceled: 'has ended',
  succeeded: 'is paid',
  failed: 'was declined',
  expired: 'ran out unpaid',
  refunded: 'was refunded, in full or in part',
  paused: 'is redeemed abnormally often, and rests until somebody looks',
  released: 'was given back, or its claim ran out',
  signup: 'was attributed to the sign-up',
  converted: 'was counted as a conversion',
  reversed: 'was taken back as a conversion',
};

const headers = [
  ...['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) => ({
    name,
    in: 'header',
    required: true,
    description: 'Standard Webhooks',
    schema: { type: 'string' },
  })),
  {
    name: 'ttconnect-redelivery-of',
    in: 'header',
    required: false,
    description: 'The delivery that this one repeats, when it was replayed',
    schema: { type: 'string', format: 'uuid' },
  },
];

const ID = { type: 'string', format: 'uuid' };
const TEST_MESSAGE = {
  type: 'object',
  required: ['id', 'type', 'timestamp', 'tenantId', 'sequence', 'data'],
  properties: {
    id: ID,
    type: { type: 'string', const: TEST_EVENT },
    timestamp: { type: 'string', format: 'date-time' },
    tenantId: ID,
    sequence: { type: 'integer', const: 1 },
    data: { type: 'object', required: ['endpointId'], properties: { endpointId: ID } },
  },
};

/** The `webhooks` section: what is sent for each type of event, and as a test. */
export function describeWebhooks(): Record<string, object> {
  const events = eventTypes.map((type) => [type, { post: describe(type, meaningOf(type), messageOf(type)) }]);
  const test = describe(TEST_EVENT, 'Somebody tries the endpoint: in no feed', TEST_MESSAGE);
  return { ...Object.fromEntries(events), [TEST_EVENT]: { post: test } };
}

function meaningOf(type: string): string {
  const [kind = '', verb = ''] = type.split('.');
  return `A ${kind} ${MEANING[verb] ?? `was ${verb}`}`;
}

function messageOf(type: string): object {
  const name = DATA[type] ?? DATA[type.split('.')[0] ?? ''];
  const data = name ? { $ref: `#/components/schemas/${name}` } : { type: 'object' };
  const own = { properties: { type: { type: 'string', const: type }, data } };
  return { allOf: [{ $ref: '#/components/schemas/Event' }, own] };
}

function describe(type: string, summary: string, schema: object): object {
  return {
    operationId: `on.${type}`,
    tags: ['Webhooks'],
    summary,
    security: [],
    parameters: headers,
    requestBody: {
      required: true,
      content: { 'application/json': { schema } },
    },
    responses: {
      '2XX': { description: 'Received. Any other answer is a failure, and the message comes again' },
      '410': { description: 'Nobody is here any more: the endpoint is disabled' },
    },
  };
}
