/** Runs `task` at most once at a time and keeps its outcome for `keepMs`, good or bad. */
export function singleFlight<T>(keepMs: number, task: () => Promise<T>): () => Promise<T> {
  let current: Promise<T> | undefined;
  let keepUntil = 0;
  return () => {
    if (current && performance.now() < keepUntil) return current;
    keepUntil = Number.POSITIVE_INFINITY;
    current = task().finally(() => {
      keepUntil = performance.now() + keepMs;
    });
    return current;
  };
}
