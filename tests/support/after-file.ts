import { afterAll } from 'vitest';

const tasks: (() => unknown)[] = [];

// One hook for the whole file: vitest forgets those that are added while a test runs.
afterAll(async () => {
  const errors: unknown[] = [];
  for (const task of tasks.splice(0).reverse()) {
    await Promise.resolve()
      .then(task)
      .catch((error) => errors.push(error));
  }
  if (errors.length > 0) throw new AggregateError(errors, 'cleaning up');
});

/** Runs when the test file is done, the last one added first. May be called from inside a test. */
export function afterFile(task: () => unknown): void {
  tasks.push(task);
}
