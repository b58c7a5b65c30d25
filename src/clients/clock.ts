/** The only source of the current instant. An operation reads it once and passes the value on. */
export type Clock = { now: () => Date };

export const systemClock: Clock = { now: () => new Date() };

export function fixedClock(instant: Date): Clock {
  return { now: () => instant };
}
