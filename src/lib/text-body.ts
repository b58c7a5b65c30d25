/** A body that is sent many times: the text for signatures, its bytes for connections, made once. */
export type TextBody = { text: string; bytes: Buffer };

export function textBody(text: string): TextBody {
  return { text, bytes: Buffer.from(text) };
}
