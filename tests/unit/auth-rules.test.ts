import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tenantRoles } from '#schemas/team.ts';
import { hasRole } from '#src/auth/has-role.ts';
import { computeLoginDelay, decideRefresh, isAtLeast, isOwnName } from '#src/auth/rules.ts';
import type { UserActor } from '#src/context.ts';

fc.configureGlobal({ seed: 20_261_123 });

const counts = (pair: number, account = pair, address = pair) => ({ pair, account, address });

describe('the delay between sign-ins', () => {
  it.each([
    [0, 0],
    [4, 0],
    [5, 1],
    [6, 2],
    [7, 4],
    [8, 8],
    [9, 16],
    [10, 30],
    [11, 30],
    [1000, 30],
  ])('after %d failures of one pair is %d s', (failures, seconds) => {
    expect(computeLoginDelay(counts(failures, failures, 0)).pair).toBe(seconds);
  });

  it.each([
    [49, 0],
    [50, 1],
    [51, 2],
    [52, 4],
    [53, 5],
    [100_000, 5],
  ])('after %d failures of one address is %d s', (failures, seconds) => {
    expect(computeLoginDelay(counts(0, 0, failures)).address).toBe(seconds);
  });

  it('slows the second try of each address when the account is under attack, but never a first one', () => {
    expect(computeLoginDelay(counts(0, 1_000_000, 0))).toEqual({ pair: 0, address: 0 });
    expect(computeLoginDelay(counts(1, 50, 0)).pair).toBe(1);
    expect(computeLoginDelay(counts(1, 49, 0)).pair).toBe(0);
  });

  it('never shrinks with more failures, never passes its cap', () => {
    const failures = fc.nat(1_000_000);
    const property = fc.property(failures, failures, failures, fc.nat(10), (pair, account, address, more) => {
      const delay = computeLoginDelay({ pair, account, address });
      const later = computeLoginDelay({ pair: pair + more, account: account + more, address: address + more });
      expect(later.pair).toBeGreaterThanOrEqual(delay.pair);
      expect(later.address).toBeGreaterThanOrEqual(delay.address);
      expect(later.pair).toBeLessThanOrEqual(30);
      expect(later.address).toBeLessThanOrEqual(5);
    });
    fc.assert(property, { numRuns: 1000 });
  });
});

describe('a refresh token', () => {
  const now = new Date('2026-11-23T12:00:00.000Z');
  const ago = (seconds: number) => new Date(now.getTime() - seconds * 1000);
  const good = { expiresAt: ago(-60), replacedAt: null, sessionExpiresAt: ago(-60), sessionRevokedAt: null };
  const GRACE = 30;

  it.each([
    ['unspent', {}, 'rotate'],
    ['just spent', { replacedAt: ago(0) }, 'grace'],
    ['spent at the edge of the grace', { replacedAt: ago(GRACE) }, 'grace'],
    ['spent past the grace', { replacedAt: ago(GRACE + 0.001) }, 'reused'],
    ['spent in the future of this clock', { replacedAt: ago(-5) }, 'grace'],
    ['of an ended session', { sessionRevokedAt: ago(1) }, 'ended'],
    ['just spent, of an ended session', { replacedAt: ago(1), sessionRevokedAt: ago(1) }, 'ended'],
    ['spent long ago, of an ended session', { replacedAt: ago(99), sessionRevokedAt: ago(1) }, 'reused'],
    ['expired', { expiresAt: ago(1) }, 'expired'],
    ['expiring now', { expiresAt: now }, 'expired'],
    ['expiring in a moment', { expiresAt: ago(-0.001) }, 'rotate'],
    ['of an expired session', { sessionExpiresAt: now }, 'expired'],
    ['just spent and expired', { replacedAt: ago(1), expiresAt: ago(0) }, 'expired'],
    ['spent long ago and expired', { replacedAt: ago(99), expiresAt: ago(50) }, 'reused'],
  ])('%s', (_name, change, decision) => {
    expect(decideRefresh({ ...good, ...change }, now, GRACE)).toBe(decision);
  });

  it('gives a new pair only when nothing speaks against it', () => {
    const instant = fc.option(fc.integer({ min: -100, max: 100 }).map(ago));
    const property = fc.property(
      instant,
      instant,
      instant,
      instant,
      (expiresAt, replacedAt, sessionExpiresAt, revokedAt) => {
        const state = {
          expiresAt: expiresAt ?? good.expiresAt,
          replacedAt,
          sessionExpiresAt: sessionExpiresAt ?? good.sessionExpiresAt,
          sessionRevokedAt: revokedAt,
        };
        const isGood = state.expiresAt > now && state.sessionExpiresAt > now && !revokedAt;
        const isFresh = !replacedAt || now.getTime() - replacedAt.getTime() <= GRACE * 1000;
        expect(['rotate', 'grace'].includes(decideRefresh(state, now, GRACE))).toBe(isGood && isFresh);
      },
    );
    fc.assert(property, { numRuns: 500 });
  });
});

describe('roles', () => {
  it('are in the order owner, admin, staff', () => {
    for (const [mine, role] of tenantRoles.entries()) {
      for (const [needed, other] of tenantRoles.entries()) expect(isAtLeast(role, other)).toBe(mine <= needed);
    }
  });

  const actor = (change: Partial<UserActor>): UserActor => ({
    ...{
      type: 'user',
      userId: 'u',
      sessionId: 's',
      platformRole: 'user',
      tenantRole: null,
      tokenExpiresAt: new Date(0),
    },
    ...change,
  });

  it('of a caller', () => {
    for (const needed of tenantRoles) {
      expect(hasRole({ type: 'anonymous' }, needed)).toBe(false);
      expect(hasRole(actor({}), needed)).toBe(false);
      expect(hasRole(actor({ platformRole: 'admin' }), needed)).toBe(true);
      expect(hasRole(actor({ tenantRole: 'admin' }), needed)).toBe(needed !== 'owner');
    }
  });
});

describe('a password that names its owner', () => {
  it.each([
    ['ada.lovelace@example.com', true],
    ['Ada.Lovelace@Example.com', true],
    ['ada.lovelace', true],
    ['ADA.LOVELACE1815', true],
    ['ada.lovelace!!', true],
    ['ada.lovelace-is-mine', false],
    ['quiet-harbour-41', false],
    ['', false],
  ])('%s: %s', (password, expected) => expect(isOwnName(password, 'ada.lovelace@example.com')).toBe(expected));

  it('is not judged by a name of three letters', () => {
    expect(isOwnName('ada12345', 'ada@example.com')).toBe(false);
    expect(isOwnName('ada@example.com', 'ada@example.com')).toBe(true);
  });
});
