import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { okPage, pageOf } from '#schemas/envelope.ts';
import { Event, EventsQuery } from '#schemas/events.ts';
import { tenantOf } from '#src/auth/tenant-of.ts';
import { listEvents } from '#src/events/list-events.ts';

export const listEventsRoute: FastifyPluginAsyncZod = async (app) => {
  app.get(
    '',
    {
      schema: {
        operationId: 'listEvents',
        tags: ['Events'],
        summary: 'What happened in my brand',
        description:
          'The last 90 days, oldest first, in one order and without gaps: with `after`, the id of the last event you have seen, nothing is missed. The same bodies as the webhooks carry.',
        querystring: EventsQuery,
        response: { 200: pageOf(Event) },
      },
    },
    async (request) => okPage(await listEvents(request.ctx, { ...request.query, tenantId: tenantOf(request.ctx) })),
  );
};
