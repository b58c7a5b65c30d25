const MAX_ASKED_WORDS = 8;
const MAX_WORD_LENGTH = 64;

/** The words of a text as the search knows them: letters and digits alone, in one spelling. */
export function wordsOf(text: string): string[] {
  const words = text
    .normalize('NFKC')
    .toLowerCase()
    .split(/[^\p{L}\p{M}\p{N}]+/u);
  return [...new Set(words.filter(Boolean).map((word) => word.slice(0, MAX_WORD_LENGTH)))];
}

/** The words that a search asks for: the first few. */
export function askedWordsOf(text: string): string[] {
  return wordsOf(text).slice(0, MAX_ASKED_WORDS);
}

/** The ETag of a version of an object. */
export function etagOf({ id, version }: { id: string; version: number }): string {
  return `"${id}.${version}"`;
}

/** Whether a change that is conditional on what the client read may be made (RFC 9110, 13.1.1). */
export function isMatch(ifMatch: string | undefined, current: { id: string; version: number } | undefined): boolean {
  if (ifMatch === undefined) return true;
  if (!current) return false;
  return ifMatch.trim() === '*' || ifMatch.split(',').some((tag) => tag.trim() === etagOf(current));
}
