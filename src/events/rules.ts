import type { EventPattern, EventType } from '#schemas/events.ts';

export const EVENT_DAYS = 90;

/** `payment.*` is every type of payments, `*` every type. */
export function isMatch(pattern: EventPattern, type: string): boolean {
  if (pattern === '*') return true;
  return pattern.endsWith('.*') ? type.startsWith(pattern.slice(0, -1)) : type === pattern;
}

/** The types that any of the patterns names. */
export function typesOf(patterns: readonly EventPattern[], types: readonly EventType[]): EventType[] {
  return types.filter((type) => patterns.some((pattern) => isMatch(pattern, type)));
}
