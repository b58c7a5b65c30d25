import { baselineFile, POOL_SIZE } from '../bench.ts';
import { fillCredentials } from '../credentials.ts';
import { postRequest, runAll } from '../load.ts';
import { alternate, type Target } from '../measurements.ts';
import { outputOf, startNode } from '../processes.ts';
import { fillDays, fillQuestMembers } from '../quests.ts';

const CONNECTIONS = POOL_SIZE * 2;

export const dailyClaims: Target = {
  id: 'P13',
  title: 'daily claim of a quest',
  target: '>= 0.6 x the same statements by a bare loop',
  run: async (bench) => {
    const { databaseUrl, options } = bench;
    const { sessions } = await fillCredentials(bench);
    const headers = new Map(sessions.map((one) => [one.owner, one.headers]));
    await fillQuestMembers(databaseUrl, [...headers.keys()]);
    const service = await bench.startService();
    let round = 0;
    const nextLot = () => {
      round += 1;
      return { name: `Round ${round} `, waves: Math.max(1, Math.round(options.seconds)) };
    };
    const ours = async () => {
      const days = await fillDays(databaseUrl, nextLot());
      const requests = days.map(({ tenantId, questId, userId }) =>
        postRequest(`/api/v1/quests/tenant/${tenantId}/${questId}/daily/claim`, {}, headers.get(userId)),
      );
      return days.length / (await runAll({ port: service.port, connections: CONNECTIONS, requests }));
    };
    const baseline = async () => {
      const settings = JSON.stringify({ databaseUrl, poolSize: POOL_SIZE, ...nextLot() });
      const running = startNode({ args: [baselineFile('daily-claims'), settings], stdout: 'pipe' });
      return JSON.parse(await outputOf(running)).perSecond;
    };
    await ours();
    const figures = await alternate(options.rounds, { ours, baseline });
    await service.stop();
    const what = '1,000 members, each once a quest';
    return [{ what, unit: '/s', ...figures, goal: { of: 'ratio', atLeast: 0.6 } }];
  },
};
