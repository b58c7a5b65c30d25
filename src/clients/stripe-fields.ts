/** The id of what a field refers to, expanded or not. */
export function idOf(reference: string | { id: string } | null | undefined): string | null {
  return typeof reference === 'object' ? (reference?.id ?? null) : (reference ?? null);
}

export function instantOf(seconds: number): Date {
  return new Date(seconds * 1000);
}

export function maybeInstantOf(seconds: number | null | undefined): Date | null {
  return typeof seconds === 'number' ? instantOf(seconds) : null;
}
