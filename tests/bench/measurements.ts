import type { Bench } from './bench.ts';

/** What a target must reach: a bound on our figure, on its ratio to the baseline's, or on the difference. */
export type Goal = { of: 'figure' | 'ratio' | 'difference'; atLeast?: number; atMost?: number };

/** One line of the table: a figure for each round, ours beside the baseline's. Without a goal it only informs. */
export type Measurement = {
  what: string;
  unit: string;
  ours: readonly number[];
  baseline?: readonly number[];
  goal?: Goal;
};

export type Target = {
  id: string;
  title: string;
  /** In words, as the design says it. */
  target: string;
  run: (bench: Bench) => Promise<Measurement[]>;
};

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

/** What the goal looks at, round by round, so that a slow minute of the machine hits both sides of a pair alike. */
export function comparedValues({ ours, baseline, goal }: Measurement): number[] {
  const of = goal?.of ?? (baseline ? 'ratio' : 'figure');
  return ours.map((value, round) => {
    const other = baseline?.[round] ?? Number.NaN;
    if (of === 'ratio') return value / other;
    return of === 'difference' ? value - other : value;
  });
}

/** Null when nothing is asked of it. */
export function isReached(measurement: Measurement): boolean | null {
  const { goal } = measurement;
  if (!goal) return null;
  const value = median(comparedValues(measurement));
  return value >= (goal.atLeast ?? Number.NEGATIVE_INFINITY) && value <= (goal.atMost ?? Number.POSITIVE_INFINITY);
}

/** Runs each side once a round, in turn first, and hands over the figures of each side by round. */
export async function alternate<Figures>(
  rounds: number,
  sides: { ours: () => Promise<Figures>; baseline: () => Promise<Figures> },
): Promise<{ ours: Figures[]; baseline: Figures[] }> {
  const figures = { ours: [] as Figures[], baseline: [] as Figures[] };
  for (let round = 0; round < rounds; round += 1) {
    const order = round % 2 === 0 ? (['ours', 'baseline'] as const) : (['baseline', 'ours'] as const);
    for (const side of order) figures[side].push(await sides[side]());
  }
  return figures;
}
