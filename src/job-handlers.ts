import type { Handlers } from '#db/jobs.ts';
import { purgeExpired } from './auth/purge-expired.ts';
import type { Deps } from './context.ts';
import { deliverMail } from './mail/deliver-mail.ts';
import { expireMemberships } from './memberships/expire-memberships.ts';

/** What each queue does: the operations that jobs share with the routes. */
export function jobHandlers(deps: Deps): Handlers {
  return {
    mail: (job) => deliverMail(deps, job),
    purge: async () => {
      await purgeExpired(deps);
    },
    expire: async () => {
      await expireMemberships(deps);
    },
  };
}
