CREATE TABLE "webhook_batches" (
	"tenant_id" uuid NOT NULL,
	"endpoint_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"delivery_ids" uuid[] NOT NULL,
	"event_ids" uuid[] NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"until" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "webhook_batches_tenant_id_endpoint_id_id_pk" PRIMARY KEY("tenant_id","endpoint_id","id")
);
--> statement-breakpoint
CREATE INDEX "webhook_batches_until_idx" ON "webhook_batches" USING btree ("until");--> statement-breakpoint
-- A delivery keeps its attempts itself.
ALTER TABLE "webhook_deliveries" ALTER COLUMN "attempts" DROP DEFAULT;--> statement-breakpoint
ALTER TABLE "webhook_deliveries" ALTER COLUMN "attempts" SET DATA TYPE jsonb USING '[]'::jsonb;--> statement-breakpoint
ALTER TABLE "webhook_deliveries" ALTER COLUMN "attempts" SET DEFAULT '[]'::jsonb;--> statement-breakpoint
UPDATE "webhook_deliveries" d SET "attempts" = a."attempts" FROM (
	SELECT "tenant_id", "delivery_id", jsonb_agg(jsonb_build_object(
		'at', to_char("at" AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'statusCode', "status_code",
		'durationMs', "duration_ms", 'error', "error", 'response', "response") ORDER BY "number") AS "attempts"
	FROM "webhook_attempts" GROUP BY 1, 2
) a WHERE a."tenant_id" = d."tenant_id" AND a."delivery_id" = d."id";--> statement-breakpoint
DROP TABLE "webhook_attempts";
