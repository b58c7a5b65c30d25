import { IMAGES } from './media-types.ts';

const MAX_NAME_LENGTH = 150;

/** A name to show: without folders, and without what moves or hides other letters. */
export function showableName(name: string): string {
  const last = name.toWellFormed().normalize('NFC').split(/[/\\]/).at(-1) ?? '';
  const clean = last
    .replace(/[\p{C}\uFFFD\u2028\u2029]/gu, '')
    .replace(/\s+/g, ' ')
    .replace(/^[. ]+|[. ]+$/g, '');
  return [...clean].slice(0, MAX_NAME_LENGTH).join('') || 'file';
}

/** Only images that no browser runs are shown in place (RFC 6266, RFC 8187 for the name). */
export function dispositionOf({ contentType, name }: { contentType: string; name: string }): string {
  const kind = (IMAGES as readonly string[]).includes(contentType) ? 'inline' : 'attachment';
  const plain = name.replace(/[^\x20-\x7e]|["\\%]/g, '_');
  const shown = `${kind}; filename="${plain}"`;
  if (plain === name) return shown;
  const encoded = encodeURIComponent(name).replace(/['()*]/g, (letter) => `%${letter.charCodeAt(0).toString(16)}`);
  return `${shown}; filename*=UTF-8''${encoded}`;
}

/** The one range that is asked for (RFC 9110, 14.2): null for the whole, and for what is no single range. */
export function chooseRange(header: string | undefined, size: number): { start: number; end: number } | 'none' | null {
  const [, first = '', last = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.trim() ?? '') ?? [];
  if (first === '' && last === '') return null;
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (first !== '' && last !== '' && Number(last) < Number(first)) return null;
  return start > end ? 'none' : { start, end };
}
