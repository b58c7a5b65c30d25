/** What kind of file these first bytes begin, as a media type; null when they are no kind that is known. */
export type FileTypes = { detect: (head: Buffer) => Promise<string | null> };

export function createFileTypes(): FileTypes {
  return {
    detect: async (head) => {
      // Loaded for the first file: most processes never see one.
      const { fileTypeFromBuffer } = await import('file-type');
      const found = await fileTypeFromBuffer(head).catch(() => undefined);
      return found?.mime ?? null;
    },
  };
}
