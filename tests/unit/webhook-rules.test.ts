import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import type { HeardEvent, Hearer } from '#db/queries/webhook-dispatch.ts';
import { eventTypes } from '#schemas/events.ts';
import { isMatch, typesOf } from '#src/events/rules.ts';
import { isPublicAddress } from '#src/lib/public-addresses.ts';
import { openSealedText, sealText } from '#src/lib/sealed-text.ts';
import { planDeliveries } from '#src/webhooks/dispatch-rules.ts';
import { decideDisabling, decideNext, retryAfterSeconds, urlFault } from '#src/webhooks/rules.ts';

const now = new Date('2026-11-23T12:00:00Z');
const fails = { statusCode: 500, error: 'status' as const, retryAfter: null };
const secondsOf = ({ nextAttemptAt }: { nextAttemptAt: Date | null }) =>
  nextAttemptAt && (nextAttemptAt.getTime() - now.getTime()) / 1000;

describe('types', () => {
  it.each([
    ['*', 'payment.succeeded', true],
    ['payment.*', 'payment.failed', true],
    ['payment.*', 'product.created', false],
    ['payment.failed', 'payment.failed', true],
    ['payment.failed', 'payment.expired', false],
  ] as const)('%s for %s: %s', (pattern, type, expected) => expect(isMatch(pattern, type)).toBe(expected));

  it('are those that any pattern names', () => {
    expect(typesOf(['product.*', 'file.uploaded'], eventTypes)).toEqual([
      'product.created',
      'product.updated',
      'file.uploaded',
    ]);
    expect(typesOf(['*'], eventTypes)).toEqual(eventTypes);
  });
});

describe('the next attempt', () => {
  it('follows the schedule, and after the last is none', () => {
    const at = (chance: number) =>
      Array.from({ length: 10 }, (_, index) => secondsOf(decideNext(fails, { attempts: index + 1, now, chance })));
    const hours = [2, 5, 10, 14, 20, 24].map((hour) => hour * 3600);
    expect(at(0)).toEqual([5, 300, 1800, ...hours, null]);
    expect(at(1)[0]).toBeCloseTo(5.5);
    expect(decideNext(fails, { attempts: 10, now, chance: 0 }).status).toBe('failed');
  });

  it('is none after a 2xx, and none after 410', () => {
    for (const statusCode of [200, 201, 204, 299]) {
      const answer = { statusCode, error: null, retryAfter: null };
      expect(decideNext(answer, { attempts: 1, now, chance: 0 })).toEqual({ status: 'succeeded', nextAttemptAt: null });
    }
    expect(decideNext({ ...fails, statusCode: 410 }, { attempts: 1, now, chance: 0 }).status).toBe('failed');
  });

  it('comes when Retry-After says, at most after a day, and never before the schedule', () => {
    const next = (retryAfter: string, statusCode = 429) =>
      secondsOf(decideNext({ statusCode, error: 'status', retryAfter }, { attempts: 1, now, chance: 0 }));
    expect(next('60')).toBe(60);
    expect(next('60', 503)).toBe(60);
    expect(next('60', 500)).toBe(5);
    expect(next('1')).toBe(5);
    expect(next('999999999')).toBe(86_400);
    expect(next('Mon, 23 Nov 2026 12:10:00 GMT')).toBe(600);
    for (const nonsense of ['', 'soon', '-5', '1e9', 'NaN']) expect(next(nonsense), nonsense).toBe(5);
    expect(retryAfterSeconds({ statusCode: 429, retryAfter: null }, now)).toBeNull();
  });
});

describe('giving up', () => {
  const ago = (days: number) => new Date(now.getTime() - days * 86_400_000);

  it('comes after five days of failure, or at 410', () => {
    expect(decideDisabling({ statusCode: 500 }, { failingSince: ago(4.99), now })).toBeNull();
    expect(decideDisabling({ statusCode: 500 }, { failingSince: ago(5), now })).toBe('failing');
    expect(decideDisabling({ statusCode: null }, { failingSince: null, now })).toBeNull();
    expect(decideDisabling({ statusCode: 410 }, { failingSince: null, now })).toBe('gone');
  });
});

describe('where messages may go', () => {
  it.each([
    ['https://hooks.example.com/a', null],
    ['http://hooks.example.com/a', 'must be an https URL'],
    ['file:///etc/passwd', 'must be an https URL'],
    ['https://user@example.com/', 'must not hold credentials'],
    ['https://:pw@example.com/', 'must not hold credentials'],
    ['not a url', 'must be a URL'],
  ])('%s: %s', (url, fault) => expect(urlFault(url, { allowHttp: false })).toBe(fault));

  it.each([
    ['8.8.8.8', true],
    ['2606:4700:4700::1111', true],
    ['::ffff:8.8.8.8', true],
    ...[
      ...[
        '127.0.0.1',
        '10.0.0.1',
        '172.16.0.1',
        '192.168.1.1',
        '169.254.169.254',
        '100.64.0.1',
        '0.0.0.0',
        '224.0.0.1',
      ],
      ...['255.255.255.255', '192.0.2.1', '198.18.0.1', '240.0.0.1', '192.0.0.1', '::', '::1', '::ffff:10.0.0.1'],
      ...['::10.0.0.1', 'fe80::1', 'fc00::1', 'fd00:ec2::254', 'ff02::1', '2002:0a00:0001::', '64:ff9b::a00:1'],
      ...['64:ff9b:1::a00:1', '2001::1', '2001:db8::1', '100::1', '4000::1', '', 'localhost'],
    ].map((address) => [address, false] as const),
  ] as const)('%s is public: %s', (address, expected) => expect(isPublicAddress(address)).toBe(expected));
});

describe('sealed text', () => {
  const key = Buffer.alloc(32, 7);

  it('opens for its owner alone, and only unchanged', () => {
    const sealed = sealText(key, { text: 'whsec_x', owner: 'a' });
    expect(openSealedText(key, { sealed, owner: 'a' })).toBe('whsec_x');
    expect(sealText(key, { text: 'whsec_x', owner: 'a' })).not.toBe(sealed);
    expect(() => openSealedText(key, { sealed, owner: 'b' })).toThrow();
    expect(() => openSealedText(Buffer.alloc(32, 8), { sealed, owner: 'a' })).toThrow();
    expect(() =>
      openSealedText(key, { sealed: `${sealed.startsWith('A') ? 'B' : 'A'}${sealed.slice(1)}`, owner: 'a' }),
    ).toThrow();
  });
});

describe('a signature', () => {
  it('is that of the example of Standard Webhooks, whatever computes the hash', () => {
    const signed = new Webhook('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw').sign(
      'msg_p5jXN8AQM9LWM0D4loKWxJek',
      new Date(1_614_265_330_000),
      '{"test": 2432232314}',
    );
    expect(signed).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
  });
});

describe('the deliveries of events', () => {
  const happened = (position: number, tenantId = 'brand'): HeardEvent => {
    return { id: `event-${position}`, tenantId, type: 'product.created', position };
  };
  const hearer = (endpointId: string, more: Partial<Hearer> = {}, failingSince: number | null = null): Hearer => {
    const secrets = { secret: 's', previousSecret: null, previousSecretUntil: null };
    const target = { tenantId: 'brand', endpointId, url: 'https://hooks.example.com/', ...secrets, failingSince };
    return { target, events: ['*'], fromPosition: 0, isBehind: false, ...more };
  };
  const events = [1, 2, 3].map((position) => happened(position));
  const plan = (hearers: Hearer[], room: Partial<Parameters<typeof planDeliveries>[2]> = {}) => {
    const { taken, waiting } = planDeliveries(events, hearers, { room: 2, most: 100, held: [], ...room });
    const told = [...taken].map(([{ target }, list]) => [target.endpointId, list.map(({ position }) => position)]);
    return {
      taken: Object.fromEntries(told),
      waiting: waiting.map((one) => [one.hearer.target.endpointId, one.event.position]),
    };
  };

  it('are of the brand alone, of what an endpoint hears, since it was made', () => {
    const others = hearer('b', { events: ['payment.*'] });
    expect(plan([hearer('a', { fromPosition: 1 }), others])).toEqual({ taken: { a: [2, 3] }, waiting: [] });
    const elsewhere = { ...hearer('c'), target: { ...hearer('c').target, tenantId: 'other' } };
    expect(plan([elsewhere])).toEqual({ taken: {}, waiting: [] });
  });

  it('are taken as far as there is room with the endpoint and in all, and wait beyond it', () => {
    expect(plan([hearer('a')])).toEqual({ taken: { a: [1, 2] }, waiting: [['a', 3]] });
    expect(plan([hearer('a')], { held: [{ endpointId: 'a', held: 4, room: 1 }] }).taken).toEqual({ a: [1] });
    expect(plan([hearer('a'), hearer('b')], { most: 3 }).taken).toEqual({ a: [1, 2], b: [1] });
    expect(plan([hearer('a')], { most: 0 }).waiting).toHaveLength(3);
  });

  it('wait behind what is due, and for an endpoint that fails', () => {
    for (const one of [hearer('a', { isBehind: true }), hearer('a', {}, 1)]) {
      expect(plan([one])).toEqual({
        taken: {},
        waiting: [
          ['a', 1],
          ['a', 2],
          ['a', 3],
        ],
      });
    }
  });
});
