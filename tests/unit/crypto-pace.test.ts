import { describe, expect, it } from 'vitest';
import { computeBlocksAtOnce, computePause } from '#src/crypto/pace-rules.ts';

const pause = (failures: number, chance = 0) => computePause({ failures, chance, idleMs: 2_000, mostMs: 60_000 });

describe('the pace of a watcher', () => {
  it('doubles its pause with each failure, to a minute, and less by chance', () => {
    expect([0, 1, 2, 3, 4, 5, 1_000].map((failures) => pause(failures))).toEqual([
      2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000,
    ]);
    expect([0, 0.5, 0.999_999].map((chance) => Math.round(pause(5, chance)))).toEqual([60_000, 45_000, 30_000]);
    expect(pause(0, 0.5)).toBe(2_000);
  });

  it('asks for fewer blocks after a failure, and for more again', () => {
    const seen = [10];
    for (const hasFailed of [true, true, true, true, true, false, false, false, false]) {
      seen.push(computeBlocksAtOnce(seen.at(-1) ?? 0, hasFailed));
    }
    expect(seen).toEqual([10, 5, 2, 1, 1, 1, 2, 4, 8, 10]);
  });
});
