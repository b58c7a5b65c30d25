import type { CryptoPolicies } from '#schemas/crypto.ts';
import type { CryptoExtra, CryptoState, OwedKind } from '#schemas/crypto-payments.ts';

const BPS = 10_000n;
/** With no better idea, when to look again at an open payment (seconds). */
const LOOK_AGAIN = 30;
/** So long what was undone is waited for (seconds). */
const COMES_AGAIN = 3_600;
/** So long after the time that it bears a block may reach us (seconds). */
const BLOCK_DELAY = 30;

export type SeenTransfer = { units: bigint; blockNumber: number; blockAt: Date; reversedAt: Date | null };
export type Facts = {
  /** What was asked for, and what of the credit that was taken off is not there. */
  payUnits: bigint;
  lostUnits: bigint;
  toleranceBps: number;
  policies: CryptoPolicies;
  requiredConfirmations: number;
  expiresAt: Date;
  monitorUntil: Date;
  status: CryptoState;
  additionalStatus: CryptoExtra;
  /** An admin has said so, or a part was given back: the chain changes it no more. */
  isFixed: boolean;
  isLateTaken: boolean | null;
  /** What had come when an admin said that it is paid: that pays for it. */
  keptUnits: bigint | null;
  owedAs: OwedKind | null;
  /** What was sent back, and what others were given of it as credit: it pays for nothing here. */
  returnedUnits: bigint;
  usedUnits: bigint;
  /** When credit was lost that it had taken. */
  lostAt: readonly Date[];
  transfers: readonly SeenTransfer[];
  /** Nobody can pay it any more: it has expired here, or was canceled. */
  isClosed: boolean;
  isCanceled: boolean;
  /** The last block read, and when the chain was read up to its end. */
  head: number;
  syncedAt: Date;
  now: Date;
};
export type Standing = {
  lostUnits: bigint;
  status: CryptoState;
  additionalStatus: CryptoExtra;
  paidUnits: bigint;
  confirmedUnits: bigint;
  owedUnits: bigint;
  owedAs: OwedKind | null;
  checkBlock: number | null;
  /** When time alone may change it; null once it is closed. */
  checkAt: Date | null;
  /** Late money is there: whether it is taken is asked outside. */
  wantsLate: boolean;
};
type Base = { status: CryptoState; extra: CryptoExtra; wantsLate?: boolean };
type Sums = { paid: bigint; confirmed: bigint; paidInTime: bigint; confirmedInTime: bigint; deadline: Date };

/** How a payment in crypto stands, from what its chain shows. */
export function decideStanding({ lostUnits, ...asked }: Facts): Standing {
  // What is closed has given its credit back. Whether it is to be had again is seen when it is opened.
  const payUnits = asked.payUnits + (asked.isClosed ? 0n : lostUnits);
  const facts = { ...asked, lostUnits, payUnits };
  const sums = sumsOf(facts, deadlineOf(facts));
  const { paid, confirmed } = sums;
  const { status, extra, wantsLate = false } = closedAs(facts, decideBase(facts, sums), paid);
  const owed = owedBy(facts, { status, sums });
  const isTooMuch = status === 'settled' && extra === 'none' && paid > facts.payUnits;
  return {
    status,
    additionalStatus: isTooMuch ? 'over' : extra,
    lostUnits,
    paidUnits: paid,
    confirmedUnits: confirmed,
    owedUnits: owed.units,
    owedAs: owed.units > 0n ? owed.as : null,
    checkBlock: nextBlock(facts),
    checkAt: status === 'new' || status === 'processing' ? nextLook(facts) : null,
    wantsLate,
  };
}

/** What is enough: the price less the tolerance, and never nothing, but where credit has paid for all. */
export function enoughOf({ payUnits, toleranceBps }: Pick<Facts, 'payUnits' | 'toleranceBps'>): bigint {
  const enough = payUnits - (payUnits * BigInt(toleranceBps)) / BPS;
  return enough > 0n || payUnits === 0n ? enough : 1n;
}

/** What is out of the house again. Credit comes after the payment that it was too much of, but for one that is over. */
const goneOf = ({ returnedUnits, usedUnits, isClosed }: Facts) => returnedUnits + (isClosed ? usedUnits : 0n);

const neededOf = (facts: Facts) => enoughOf(facts) + goneOf(facts);

/** What a reorganisation took may come again: for an hour at least, and until the payment is not looked for any more. */
function deadlineOf({ transfers, lostAt, expiresAt, monitorUntil }: Facts): Date {
  const reversals = transfers.flatMap(({ reversedAt }) => (reversedAt === null ? [] : [reversedAt]));
  const undone = [...reversals, ...lostAt].map((at) => at.getTime());
  if (undone.length === 0) return expiresAt;
  return new Date(Math.max(monitorUntil.getTime(), Math.max(...undone) + COMES_AGAIN * 1000));
}

/** The instant is over, and every block from before it was read. */
const isOver = ({ now, syncedAt }: Facts, at: Date) =>
  now > at && syncedAt.getTime() > at.getTime() + BLOCK_DELAY * 1000;

function sumsOf({ transfers, head, requiredConfirmations }: Facts, deadline: Date): Sums {
  const counted = transfers.filter(({ reversedAt }) => reversedAt === null);
  const isConfirmed = ({ blockNumber }: SeenTransfer) => head - blockNumber + 1 >= requiredConfirmations;
  const isInTime = ({ blockAt }: SeenTransfer) => blockAt <= deadline;
  const sum = (of: readonly SeenTransfer[]) => of.reduce((all, { units }) => all + units, 0n);
  return {
    deadline,
    paid: sum(counted),
    confirmed: sum(counted.filter(isConfirmed)),
    paidInTime: sum(counted.filter(isInTime)),
    confirmedInTime: sum(counted.filter((one) => isInTime(one) && isConfirmed(one))),
  };
}

function decideBase(facts: Facts, sums: Sums): Base {
  if (facts.isFixed) return { status: facts.status, extra: facts.additionalStatus };
  if (facts.isCanceled) return { status: 'expired', extra: sums.paid > 0n ? 'late' : 'none' };
  const awaited = decideBy(facts, sums);
  if (isGood(awaited) || sums.deadline === facts.expiresAt) return awaited;
  // What was undone is waited for only where it is needed: without it the rest may be enough.
  const rest = decideBy(facts, sumsOf(facts, facts.expiresAt));
  return isGood(rest) ? rest : awaited;
}

const isGood = ({ status }: Base) => status === 'settled' || status === 'processing';

function decideBy(facts: Facts, sums: Sums): Base {
  const { paidInTime, confirmedInTime, deadline } = sums;
  const needed = neededOf(facts);
  // What asks for nothing was closed because its credit is gone: late money is late there, too.
  const isAsked = needed > 0n || !facts.isClosed;
  if (isAsked && paidInTime >= needed)
    return { status: confirmedInTime >= needed ? 'settled' : 'processing', extra: 'none' };
  // While the chain cannot be read nothing expires: the money may be there.
  if (!isOver(facts, deadline)) return { status: 'new', extra: paidInTime > 0n ? 'partial' : 'none' };
  return paidInTime > 0n ? decideUnder(facts, sums) : decideLate(facts, sums);
}

/** A part came in time. */
function decideUnder(facts: Facts, { paid, confirmed, paidInTime, confirmedInTime }: Sums): Base {
  const { policies, payUnits, monitorUntil } = facts;
  const { action, withinBps = Number(BPS) } = policies.under;
  const gone = goneOf(facts);
  const isNear = (units: bigint) => units > gone && (payUnits - (units - gone)) * BPS <= payUnits * BigInt(withinBps);
  if (action === 'accept' && isNear(paidInTime)) {
    return { status: isNear(confirmedInTime) ? 'settled' : 'processing', extra: 'partial' };
  }
  const needed = neededOf(facts);
  if (action === 'top_up' && paid >= needed) {
    return { status: confirmed >= needed ? 'settled' : 'processing', extra: 'late' };
  }
  const isAwaited = action === 'top_up' && !isOver(facts, monitorUntil);
  return { status: isAwaited ? 'new' : 'expired', extra: 'partial' };
}

/** Nothing came in time. */
function decideLate(facts: Facts, { paid, confirmed }: Sums): Base {
  if (paid === 0n) return { status: 'expired', extra: 'none' };
  const isTakable = facts.policies.late.action === 'accept' && confirmed >= neededOf(facts);
  if (isTakable && facts.isLateTaken === true) return { status: 'settled', extra: 'late' };
  return { status: 'expired', extra: 'late', wantsLate: isTakable && facts.isLateTaken === null };
}

/** What is closed is opened again by its whole money only, and not after that was refused once. */
function closedAs({ isClosed, isLateTaken, isFixed }: Facts, base: Base, paid: bigint): Base {
  if (!isClosed || isFixed) return base;
  const isOpening = base.status === 'settled' && isLateTaken !== false && paid > 0n;
  return isOpening ? base : { ...base, status: 'expired' };
}

type Ended = { status: CryptoState; sums: Sums };

type Owed = { units: bigint; as: OwedKind };
const owedAsOf = (action: string): OwedKind => (action === 'credit' ? 'credit' : 'refund');

/**
 * What was paid and pays for nothing: all of a payment that is over, what is too much of a settled one. What was sent back
 * was owed, though what it stood on may be gone.
 */
function owedBy(facts: Facts, ended: Ended): Owed {
  const { returnedUnits } = facts;
  const { units, as } = surplusOf(facts, ended);
  return { units: units > returnedUnits ? units : returnedUnits, as: units > 0n ? as : (facts.owedAs ?? as) };
}

function surplusOf(facts: Facts, { status, sums }: Ended): Owed {
  const { policies, payUnits, keptUnits } = facts;
  const { confirmed, paidInTime } = sums;
  if (status === 'new' || status === 'processing') return { units: 0n, as: 'refund' };
  if (status !== 'settled') {
    const { action } = paidInTime > 0n ? policies.under : policies.late;
    return { units: confirmed, as: owedAsOf(action) };
  }
  const { action, withinBps = Number(BPS) } = policies.over;
  const price = keptUnits ?? payUnits;
  const rest = confirmed > price ? confirmed - price : 0n;
  const surplus = keptUnits === null ? rest : spentOr(rest, facts, confirmed);
  // What comes for a payment that was paid in another way is no tip.
  const isKept = keptUnits === null && action === 'accept' && surplus * BPS <= payUnits * BigInt(withinBps);
  return { units: isKept ? 0n : surplus, as: owedAsOf(action) };
}

/** Of what an admin says is paid, money not confirmed yet may be what pays: what was given away of the rest stays so. */
function spentOr(rest: bigint, { returnedUnits, usedUnits }: Facts, confirmed: bigint): bigint {
  const spent = returnedUnits + usedUnits;
  const there = spent < confirmed ? spent : confirmed;
  return rest > there ? rest : there;
}

type Marked = { payUnits: bigint; paidUnits: bigint; returnedUnits: bigint; usedUnits: bigint };

/** What of the money that has come pays for a payment that an admin says is paid: what was given away does not. */
export function computeKept({ payUnits, paidUnits, returnedUnits, usedUnits }: Marked): bigint {
  const there = paidUnits - returnedUnits - usedUnits;
  if (there < 0n) return 0n;
  return there < payUnits ? there : payUnits;
}

/** The block that confirms the next transfer. */
function nextBlock({ transfers, head, requiredConfirmations }: Facts): number | null {
  const blocks = transfers
    .filter(({ reversedAt }) => reversedAt === null)
    .map(({ blockNumber }) => blockNumber + requiredConfirmations - 1)
    .filter((block) => block > head);
  return blocks.length === 0 ? null : Math.min(...blocks);
}

/** The next end of a time; one that has passed, but up to which the chain is not read yet, is waited for. */
function nextLook(facts: Facts): Date {
  const { now, monitorUntil } = facts;
  const next = [deadlineOf(facts), monitorUntil].find((at) => !isOver(facts, at));
  return next && next >= now ? new Date(next.getTime() + 1) : new Date(now.getTime() + LOOK_AGAIN * 1000);
}

/** What an admin may say of a payment, from where it is. What is settled is refunded instead. */
const MARKS = {
  new: ['settled', 'invalid'],
  processing: ['settled', 'invalid'],
  expired: ['settled', 'invalid'],
  invalid: ['settled'],
  settled: [],
} as const satisfies Record<CryptoState, readonly CryptoState[]>;

export function canMark(from: CryptoState, to: 'settled' | 'invalid'): boolean {
  return (MARKS[from] as readonly CryptoState[]).includes(to);
}
