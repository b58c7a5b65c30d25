import { isbot } from 'isbot';

/** Whether a program asks, not a person: also one that does not say what it is. */
export function isBot(userAgent: string | null): boolean {
  return userAgent === null || userAgent.trim() === '' || isbot(userAgent);
}
