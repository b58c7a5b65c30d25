/** Runs a command-line task: one line on success or failure, and an exit code that says which. */
export async function runCommand(done: string, task: () => Promise<void>): Promise<void> {
  try {
    await task();
    process.stdout.write(`${done}\n`);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message || error.name : String(error)}\n`);
    process.exitCode = 1;
  }
}
