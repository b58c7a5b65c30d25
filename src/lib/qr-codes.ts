import { crc32, deflateSync } from 'node:zlib';
import { encode, renderSVG } from 'uqr';

/** Modules of white around the code, without which scanners do not find it (ISO 18004). */
const BORDER = 4;
const OPTIONS = { ecc: 'M', border: BORDER } as const;

/** A QR code of a text (a link, a payment URI) as an SVG document. */
export function qrSvg(text: string): string {
  return renderSVG(text, OPTIONS);
}

/** The same as a PNG of about so many pixels: each module is as many whole pixels as fit, so that edges are sharp. */
export function qrPng(text: string, pixels = 512): Buffer {
  const { data, size } = encode(text, OPTIONS);
  const scale = Math.max(1, Math.floor(pixels / size));
  const side = size * scale;
  const rows = data.map((row) =>
    Buffer.concat([Buffer.of(0), Buffer.from(row.flatMap((isDark) => Array(scale).fill(isDark ? 0 : 255)))]),
  );
  const image = Buffer.concat(rows.flatMap((row) => Array<Buffer>(scale).fill(row)));
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', headerOf(side)),
    chunk('IDAT', deflateSync(image)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

const SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex');

// Eight bits of grey, without interlacing.
function headerOf(side: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  header[8] = 8;
  return header;
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(data.length, 0);
  frame.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
}
