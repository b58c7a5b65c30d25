import { fillCredentials } from '../credentials.ts';
import { type Board, fillLeaderboards, leaveUncounted } from '../leaderboards.ts';
import { getRequest, runLoad } from '../load.ts';
import { alternate, type Measurement, type Target } from '../measurements.ts';

const CONNECTIONS = 8;
const WARM_UP_SECONDS = 2;
const UNCOUNTED = 1_000;
/** The same people ask for both; half of all are above them, on average. */
const ASKING = 900;

export const leaderboards: Target = {
  id: 'P12',
  title: 'GET /quests/tenant/:tenantId/leaderboard, with the own rank',
  target: '1,000,000 members <= 5 x 1,000 members',
  run: async (bench) => {
    const { rounds, seconds } = bench.options;
    const sessions = (await fillCredentials(bench)).sessions.slice(0, ASKING);
    const boards = await fillLeaderboards(
      bench.databaseUrl,
      sessions.map(({ owner }) => owner),
    );
    const service = await bench.startService();
    const measure = async ({ tenantId }: Board, limit: number, duration = seconds) => {
      const path = `/api/v1/quests/tenant/${tenantId}/leaderboard?limit=${limit}`;
      const requests = sessions.map(({ headers }) => getRequest(path, headers));
      const { perSecond } = await runLoad({
        port: service.port,
        connections: CONNECTIONS,
        seconds: duration,
        requests,
      });
      return 1_000_000 / perSecond;
    };
    const compare = async (what: string, limit: number): Promise<Measurement> => {
      for (const board of Object.values(boards)) await measure(board, limit, WARM_UP_SECONDS);
      const figures = await alternate(rounds, {
        ours: () => measure(boards.large, limit),
        baseline: () => measure(boards.small, limit),
      });
      return { what, unit: 'µs', ...figures, goal: { of: 'ratio', atMost: 5 } };
    };
    const measurements = [await compare('the first 20', 20), await compare('the first 100', 100)];
    await leaveUncounted(bench.databaseUrl, { tenantId: boards.large.tenantId, scores: UNCOUNTED });
    measurements.push(await compare(`the first 20, ${UNCOUNTED} scores of the large one not counted yet`, 20));
    await service.stop();
    return measurements;
  },
};
