import { availableParallelism } from 'node:os';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type sharp from 'sharp';
import { createGate, type Gate } from '../lib/gate.ts';

export type Images = {
  /**
   * The image anew as WebP, once for each size, which it fits into; without metadata, turned as the camera was held, the
   * first frame of several. Null when it is none that can be read, or has too many pixels.
   */
  render: (load: () => Promise<Readable | null>, sizes: readonly number[]) => Promise<Buffer[] | null>;
  stats: Gate['stats'];
};

// 12 MB decoded a million: what one image may cost is bounded, however small its file is.
const MAX_PIXELS = 50_000_000;
const MAX_SECONDS = 20;
const MAX_WAITING = 32;
const LOADERS = ['Jpeg', 'Png', 'Webp', 'Nsgif', 'Heif'].flatMap((name) => [
  `VipsForeignLoad${name}`,
  `VipsForeignLoad${name}Buffer`,
]);

/** Behind a bounded queue, as hashing is: it takes processor time, and memory. */
export function createImages(concurrency = Math.max(1, availableParallelism() - 1)): Images {
  const gate = createGate({ atOnce: concurrency, maxWaiting: MAX_WAITING });
  let loaded: Promise<typeof sharp> | undefined;
  const load = () => {
    loaded ??= loadSharp();
    return loaded;
  };
  return {
    render: (read, sizes) =>
      gate.run(async () => {
        const stream = await read();
        return stream && renderAll(await load(), await buffer(stream), sizes);
      }),
    stats: gate.stats,
  };
}

// Loaded for the first image: it weighs more than the rest of the process together.
async function loadSharp(): Promise<typeof sharp> {
  const { default: library } = await import('sharp');
  library.cache(false);
  library.concurrency(1);
  // Decoders of formats that nobody may send are never reached.
  library.block({ operation: ['VipsForeignLoad'] });
  library.unblock({ operation: LOADERS });
  return library;
}

async function renderAll(library: typeof sharp, bytes: Buffer, sizes: readonly number[]): Promise<Buffer[] | null> {
  const limits = { limitInputPixels: MAX_PIXELS, failOn: 'error' } as const;
  const largest = Math.max(...sizes);
  try {
    // The smaller ones are made from the largest, so that the image is decoded once.
    const { data, info } = await library(bytes, limits)
      .timeout({ seconds: MAX_SECONDS })
      .autoOrient()
      .resize({ width: largest, height: largest, fit: 'inside', withoutEnlargement: true })
      .toColourspace('srgb')
      .raw()
      .toBuffer({ resolveWithObject: true });
    const { width, height, channels } = info;
    const made: Buffer[] = [];
    for (const size of sizes) {
      const smaller = library(data, { raw: { width, height, channels } })
        .resize({ width: size, height: size, fit: 'inside', withoutEnlargement: true })
        .webp({ quality: 82 });
      made.push(await smaller.toBuffer());
    }
    return made;
  } catch {
    // Whatever is wrong with it is the sender's business: it is not shown.
    return null;
  }
}
