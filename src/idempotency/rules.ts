const NOT_KEPT = new Set([400, 401, 402, 403, 408, 412, 413, 415, 429]);

/**
 * Whether the answer is the one that a retry gets. What says "come back with something else, or later" is not: a
 * corrected or later request under the same key must run.
 */
export function isKept(statusCode: number): boolean {
  return statusCode < 500 && !NOT_KEPT.has(statusCode);
}
