import type { TenantRole } from '#schemas/team.ts';

/** Failures that are forgotten after this long. */
export const THROTTLE_WINDOW_MS = 15 * 60_000;

const FREE_FAILURES = { pair: 5, pairUnderAttack: 1, address: 50 };
const ACCOUNT_UNDER_ATTACK = 50;
const MAX_DELAY_SECONDS = { pair: 30, address: 5 };

export type FailureCounts = { account: number; address: number; pair: number };

/**
 * Seconds between two sign-ins that a caller must keep, from the failures of the last 15 minutes: doubling from 1 s, at
 * most 30 s for an account from one address and 5 s for an address. An account under attack from many addresses slows
 * each of them after its first failure, but never an address from which it has not failed: whoever attacks from
 * elsewhere locks nobody out, and from the same address there is a turn every 30 s.
 */
export function computeLoginDelay({ account, address, pair }: FailureCounts): { pair: number; address: number } {
  const free = account >= ACCOUNT_UNDER_ATTACK ? FREE_FAILURES.pairUnderAttack : FREE_FAILURES.pair;
  return {
    pair: growingDelay(pair - free, MAX_DELAY_SECONDS.pair),
    address: growingDelay(address - FREE_FAILURES.address, MAX_DELAY_SECONDS.address),
  };
}

function growingDelay(excess: number, max: number): number {
  return excess < 0 ? 0 : Math.min(2 ** Math.min(excess, 10), max);
}

export type RefreshDecision = 'rotate' | 'grace' | 'reused' | 'expired' | 'ended';

type RefreshState = { expiresAt: Date; replacedAt: Date | null; sessionExpiresAt: Date; sessionRevokedAt: Date | null };

/**
 * What a refresh token is still good for. A token just replaced works for the grace period, because the answer to the
 * call that replaced it may have been lost, or two tabs refreshed at once; later it is a sign of theft (RFC 9700, 4.14).
 */
export function decideRefresh(token: RefreshState, now: Date, graceSeconds: number): RefreshDecision {
  if (token.replacedAt && now.getTime() - token.replacedAt.getTime() > graceSeconds * 1000) return 'reused';
  if (token.sessionRevokedAt) return 'ended';
  if (token.expiresAt <= now || token.sessionExpiresAt <= now) return 'expired';
  return token.replacedAt ? 'grace' : 'rotate';
}

const RANK: Record<TenantRole, number> = { owner: 3, admin: 2, staff: 1 };

export function isAtLeast(role: TenantRole, needed: TenantRole): boolean {
  return RANK[role] >= RANK[needed];
}

/**
 * Which of a user's teams a call without a tenant means: the only one in which the user has the role that it asks for,
 * or else the only one at all. Of the rows, those with the role come first.
 */
export function chooseTeam<Row extends { tenantRole: TenantRole | null }>(
  [first, second]: readonly Row[],
  needed: TenantRole,
): Row | undefined {
  const has = (row: Row | undefined) => row?.tenantRole != null && isAtLeast(row.tenantRole, needed);
  return second === undefined || (has(first) && !has(second)) ? first : undefined;
}

/** A password that names its owner is a guess away: the local part of the e-mail is refused (ASVS 6.2.11). */
export function isOwnName(password: string, email: string): boolean {
  const local = email.split('@')[0] ?? '';
  const word = password.toLowerCase();
  return word === email || (local.length >= 4 && word.replace(/[\d\W_]+$/, '') === local);
}
