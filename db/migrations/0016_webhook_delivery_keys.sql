-- What is on its way becomes rows that are due: from here on the ids of a batch's deliveries are counted.
INSERT INTO "webhook_deliveries" ("tenant_id", "id", "endpoint_id", "event_id", "event_type", "position", "status", "next_attempt_at", "created_at")
SELECT b."tenant_id", one."id", b."endpoint_id", e."id", e."type", e."position", 'pending', b."until", b."created_at"
FROM "webhook_batches" b CROSS JOIN unnest(b."delivery_ids", b."event_ids") AS one("id", "event_id")
JOIN "events" e ON e."tenant_id" = b."tenant_id" AND e."id" = one."event_id"
ON CONFLICT DO NOTHING;--> statement-breakpoint
DELETE FROM "webhook_batches";--> statement-breakpoint
DROP INDEX "webhook_deliveries_list_idx";--> statement-breakpoint
DROP INDEX "webhook_deliveries_lost_idx";--> statement-breakpoint
ALTER TABLE "webhook_deliveries" DROP CONSTRAINT "webhook_deliveries_tenant_id_id_pk";--> statement-breakpoint
ALTER TABLE "webhook_deliveries" ADD CONSTRAINT "webhook_deliveries_tenant_id_endpoint_id_id_pk" PRIMARY KEY("tenant_id","endpoint_id","id");--> statement-breakpoint
CREATE INDEX "webhook_deliveries_lost_idx" ON "webhook_deliveries" USING btree ("tenant_id","endpoint_id","id") WHERE "webhook_deliveries"."status" in ('failed', 'canceled');--> statement-breakpoint
ALTER TABLE "webhook_batches" DROP COLUMN "delivery_ids";