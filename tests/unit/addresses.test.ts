import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { networkOf } from '#src/lib/addresses.ts';

fc.configureGlobal({ seed: 20_261_123 });

describe('networkOf', () => {
  it.each([
    ['203.0.113.9', '203.0.113.9'],
    ['::ffff:203.0.113.9', '203.0.113.9'],
    ['::FFFF:203.0.113.9', '203.0.113.9'],
    ['::ffff:cb00:7109', '203.0.113.9'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:DB8:1:2::', '2001:db8:1:2::/64'],
    ['2001:0db8:0001:0002:0000::1', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8::/64'],
    ['::1', '::/64'],
    ['::', '::/64'],
    ['1::', '1::/64'],
    ['not an address', 'not an address'],
    ['', ''],
  ])('of %s is %s', (address, network) => expect(networkOf(address)).toBe(network));

  it('is one for all addresses of a subscriber, and differs from the next', () => {
    const groups = (count: number) => fc.array(fc.nat(0xffff), { minLength: count, maxLength: count });
    const text = (parts: number[]) => parts.map((part) => part.toString(16)).join(':');
    fc.assert(
      fc.property(groups(4), groups(4), groups(4), (prefix, one, other) => {
        fc.pre(prefix.some((part) => part !== 0));
        const network = networkOf(text([...prefix, ...one]));
        expect(networkOf(text([...prefix, ...other]))).toBe(network);
        const next = prefix.with(3, (prefix[3] ?? 0) ^ 1);
        expect(networkOf(text([...next, ...one]))).not.toBe(network);
      }),
    );
  });

  it('keeps every IPv4 address apart', () => {
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        expect(networkOf(address)).toBe(address);
        expect(networkOf(`::ffff:${address}`)).toBe(address);
      }),
    );
  });
});
