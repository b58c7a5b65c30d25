import { renderSVG } from 'uqr';

/** The text as a QR code, in SVG: black on white, which readers want whatever the page's colours are. */
export function qrSvg(text: string): string {
  return renderSVG(text, { ecc: 'M', border: 4 });
}
