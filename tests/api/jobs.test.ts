import { expect, it, vi } from 'vitest';
import { createJobs, type Handlers } from '#db/jobs.ts';
import { jobHandlers } from '#src/job-handlers.ts';
import { openRows } from '../support/rows.ts';
import { startTestApp } from '../support/test-app.ts';

const test = await startTestApp();
const { sql } = openRows(test.url);

it('hundreds of mails leave within seconds, and one that fails is tried again alone', { timeout: 60_000 }, async () => {
  const sent: string[] = [];
  const mail: Handlers['mail'] = async (job) => {
    if (job.kind !== 'verify_email') return;
    if (job.userId === 'user-7') throw new Error('refused');
    sent.push(job.userId);
  };
  const log = { warn: () => {} };
  const jobs = createJobs({ url: test.url, log, works: true, baseUrl: '' });
  for (let n = 0; n < 200; n += 1) {
    await jobs.enqueue(test.deps.db, 'mail', { kind: 'verify_email', userId: `user-${n}` });
  }
  try {
    await jobs.work({ ...jobHandlers(test.deps), mail });
    await vi.waitFor(() => expect(sent).toHaveLength(199), { timeout: 10_000 });
    const left = () => sql`select state, data->>'userId' as "userId" from pgboss.job
      where name = 'mail' and state <> 'completed'`;
    await vi.waitFor(async () => expect([...(await left())]).toEqual([{ state: 'retry', userId: 'user-7' }]));
    expect(new Set(sent).size).toBe(199);
  } finally {
    await jobs.close();
  }
});
