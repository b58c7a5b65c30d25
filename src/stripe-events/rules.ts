const FIRST_RETRY_SECONDS = 30;
const MAX_RETRY_SECONDS = 3_600;
const MAX_ATTEMPTS = 30;

/** When an event that could not be applied is tried again: soon, then hourly for about a day; then a person must look. */
export function nextEventRetry(attempts: number, now: Date): Date | null {
  if (attempts >= MAX_ATTEMPTS) return null;
  const wait = Math.min(FIRST_RETRY_SECONDS * 2 ** Math.max(0, attempts - 1), MAX_RETRY_SECONDS);
  return new Date(now.getTime() + wait * 1000);
}
