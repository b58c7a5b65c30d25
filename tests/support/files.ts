import { randomUUID } from 'node:crypto';
import sharp from 'sharp';
import type { Answer, TestApp } from './test-app.ts';

export type Part = { name?: string; filename?: string; type?: string; bytes: Buffer };
export type FormInput = { fields?: Record<string, string>; file?: Part; fileFirst?: boolean };

/** A form as browsers send it. */
export function formOf({ fields = {}, file, fileFirst = false }: FormInput) {
  const boundary = `----form-${randomUUID()}`;
  const head = (text: string) => Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; ${text}\r\n\r\n`);
  const end = Buffer.from('\r\n');
  const texts = Object.entries(fields).map(([name, value]) =>
    Buffer.concat([head(`name="${name}"`), Buffer.from(value), end]),
  );
  const {
    name = 'file',
    filename = 'file.bin',
    type = 'application/octet-stream',
    bytes = Buffer.alloc(0),
  } = file ?? {};
  const part = file
    ? [Buffer.concat([head(`name="${name}"; filename="${filename}"\r\nContent-Type: ${type}`), bytes, end])]
    : [];
  const parts = fileFirst ? [...part, ...texts] : [...texts, ...part];
  const body = Buffer.concat([...parts, Buffer.from(`--${boundary}--\r\n`)]);
  return { body, headers: { 'content-type': `multipart/form-data; boundary=${boundary}` } };
}

type Caller = { token?: string | undefined; headers?: Record<string, string> };

export function upload(test: Pick<TestApp, 'call'>, caller: Caller, input: FormInput): Promise<Answer> {
  const { body, headers } = formOf(input);
  return test.call('POST', 'storage/upload', { token: caller.token, body, headers: { ...caller.headers, ...headers } });
}

type ImageOptions = { width?: number; height?: number; exif?: boolean; as?: 'png' | 'jpeg' | 'webp' | 'gif' };

/** A picture of one colour; with `exif` it tells where it was taken. */
export async function imageOf({
  width = 64,
  height = 48,
  exif = false,
  as = 'png',
}: ImageOptions = {}): Promise<Buffer> {
  const background = { r: 200, g: Math.floor(Math.random() * 255), b: Math.floor(Math.random() * 255) };
  const image = sharp({ create: { width, height, channels: 3, background } });
  const told = exif
    ? image.withExif({
        IFD0: { Copyright: 'canary-owner' },
        IFD3: { GPSLatitude: '51/1 30/1 0/1', GPSLatitudeRef: 'N' },
      })
    : image;
  return told.toFormat(as).toBuffer();
}

export async function pngPart(options: ImageOptions = {}): Promise<Part> {
  return { filename: 'picture.png', type: 'image/png', bytes: await imageOf(options) };
}

export const textPart = (text = 'some text'): Part => ({
  filename: 'note.txt',
  type: 'text/plain',
  bytes: Buffer.from(text),
});

/** A key of a file is a name, and opens nothing. */
export const isFileKey = (text: string) => /^(tenants|users)\/[0-9a-f-]{36}\/[a-z]+\//.test(text);

/** The path of a key in the API. */
export const keyPath = (key: string) => encodeURIComponent(key);

/** A URL of ours, asked for in the same process. */
export async function fetchFile(
  test: Pick<TestApp, 'app'>,
  url: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; headers: Record<string, any>; bytes: Buffer }> {
  const { pathname, search } = new URL(url);
  const response = await test.app.inject({ method: 'GET', url: `${pathname}${search}`, headers });
  return { status: response.statusCode, headers: response.headers, bytes: response.rawPayload };
}
