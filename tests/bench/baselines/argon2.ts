import argon2 from 'argon2';

/** The bare work of P5: as many verifications at a time as the service makes, one after another, and nothing else. */
const settings: { hash: string; password: string; concurrency: number; seconds: number } = JSON.parse(
  process.argv[2] ?? '{}',
);

const WARM_UP_SECONDS = 0.5;

async function verifyFor(seconds: number): Promise<number> {
  const deadline = performance.now() + seconds * 1000;
  let count = 0;
  const work = async () => {
    while (performance.now() < deadline) {
      if (!(await argon2.verify(settings.hash, settings.password))) throw new Error('the password does not match');
      count += 1;
    }
  };
  await Promise.all(Array.from({ length: settings.concurrency }, work));
  return count;
}

await verifyFor(WARM_UP_SECONDS);
const count = await verifyFor(settings.seconds);
process.stdout.write(JSON.stringify({ perSecond: count / settings.seconds }));
