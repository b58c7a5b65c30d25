-- Positions of events. A transaction that takes its first one holds, until it ends, a shared advisory lock that names the
-- last position given before: all that it takes lie beyond. The frontier is the position up to which nobody can add one,
-- asked in a statement of its own before the one that reads: the snapshot of that one then sees all up to there.
CREATE FUNCTION "next_event_position"() RETURNS bigint LANGUAGE plpgsql VOLATILE AS $$
BEGIN
	IF current_setting('ttconnect.holds_event_position', true) IS DISTINCT FROM 'yes' THEN
		PERFORM pg_advisory_xact_lock_shared((1::bigint << 62) + coalesce(pg_sequence_last_value('events_position_seq'), 0));
		PERFORM set_config('ttconnect.holds_event_position', 'yes', true);
	END IF;
	RETURN nextval('events_position_seq');
END;
$$;
--> statement-breakpoint
CREATE FUNCTION "event_frontier"() RETURNS bigint LANGUAGE plpgsql VOLATILE AS $$
DECLARE
	given bigint := coalesce(pg_sequence_last_value('events_position_seq'), 0);
	held bigint;
BEGIN
	SELECT min((classid::bigint << 32 | objid::bigint) - (1::bigint << 62)) INTO held FROM pg_locks
	WHERE locktype = 'advisory' AND objsubid = 1
		AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
		AND (classid::bigint << 32 | objid::bigint) BETWEEN 1::bigint << 62 AND (1::bigint << 62) + (1::bigint << 48);
	RETURN least(given, held);
END;
$$;
--> statement-breakpoint
CREATE TABLE "event_sequences" (
	"tenant_id" uuid NOT NULL,
	"object_type" text NOT NULL,
	"object_id" uuid NOT NULL,
	"last" bigint NOT NULL,
	CONSTRAINT "event_sequences_tenant_id_object_type_object_id_pk" PRIMARY KEY("tenant_id","object_type","object_id")
);
--> statement-breakpoint
CREATE TABLE "webhook_attempts" (
	"tenant_id" uuid NOT NULL,
	"delivery_id" uuid NOT NULL,
	"number" integer NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	"status_code" integer,
	"duration_ms" integer NOT NULL,
	"error" text,
	"response" text,
	CONSTRAINT "webhook_attempts_tenant_id_delivery_id_number_pk" PRIMARY KEY("tenant_id","delivery_id","number")
);
--> statement-breakpoint
CREATE TABLE "webhook_cursor" (
	"id" smallint PRIMARY KEY NOT NULL,
	"position" bigint NOT NULL,
	CONSTRAINT "webhook_cursor_one_check" CHECK ("webhook_cursor"."id" = 1)
);
--> statement-breakpoint
CREATE TABLE "webhook_deliveries" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"endpoint_id" uuid NOT NULL,
	"event_id" uuid NOT NULL,
	"event_type" text NOT NULL,
	"position" bigint NOT NULL,
	"status" text NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"next_attempt_at" timestamp (3) with time zone,
	"redelivery_of" uuid,
	"created_at" timestamp (3) with time zone NOT NULL,
	"finished_at" timestamp (3) with time zone,
	CONSTRAINT "webhook_deliveries_tenant_id_id_pk" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "webhook_deliveries_status_check" CHECK ("webhook_deliveries"."status" in ('pending', 'succeeded', 'failed', 'canceled')),
	CONSTRAINT "webhook_deliveries_due_check" CHECK (("webhook_deliveries"."status" = 'pending') = ("webhook_deliveries"."next_attempt_at" is not null))
);
--> statement-breakpoint
CREATE TABLE "webhook_endpoints" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"url" text NOT NULL,
	"events" text[] NOT NULL,
	"active" boolean NOT NULL,
	"secret" text NOT NULL,
	"previous_secret" text,
	"previous_secret_until" timestamp (3) with time zone,
	"from_position" bigint NOT NULL,
	"failing_since" timestamp (3) with time zone,
	"disabled_at" timestamp (3) with time zone,
	"disabled_reason" text,
	"created_at" timestamp (3) with time zone NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "webhook_endpoints_tenant_id_id_pk" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "webhook_endpoints_reason_check" CHECK ("webhook_endpoints"."disabled_reason" in ('failing', 'gone'))
);
--> statement-breakpoint
ALTER TABLE "events" ALTER COLUMN "position" SET DATA TYPE bigint;--> statement-breakpoint
ALTER TABLE "events" ALTER COLUMN "position" SET DEFAULT next_event_position();--> statement-breakpoint
ALTER TABLE "event_sequences" ADD CONSTRAINT "event_sequences_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "webhook_endpoints" ADD CONSTRAINT "webhook_endpoints_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "webhook_attempts_age_idx" ON "webhook_attempts" USING brin ("at");--> statement-breakpoint
CREATE INDEX "webhook_deliveries_due_idx" ON "webhook_deliveries" USING btree ("tenant_id","endpoint_id","next_attempt_at","position") WHERE "webhook_deliveries"."status" = 'pending';--> statement-breakpoint
CREATE INDEX "webhook_deliveries_list_idx" ON "webhook_deliveries" USING btree ("tenant_id","endpoint_id","created_at","id");--> statement-breakpoint
CREATE INDEX "webhook_deliveries_lost_idx" ON "webhook_deliveries" USING btree ("tenant_id","endpoint_id","created_at","id") WHERE "webhook_deliveries"."status" in ('failed', 'canceled');--> statement-breakpoint
CREATE INDEX "webhook_deliveries_age_idx" ON "webhook_deliveries" USING brin ("created_at");--> statement-breakpoint
CREATE INDEX "webhook_endpoints_list_idx" ON "webhook_endpoints" USING btree ("tenant_id","created_at","id");--> statement-breakpoint
CREATE INDEX "events_type_feed_idx" ON "events" USING btree ("tenant_id","type","position");--> statement-breakpoint
CREATE INDEX "events_position_idx" ON "events" USING btree ("position");--> statement-breakpoint
CREATE INDEX "events_age_idx" ON "events" USING brin ("created_at");--> statement-breakpoint
ALTER TABLE "events" DROP COLUMN "transaction";--> statement-breakpoint
-- Nobody was told so far.
INSERT INTO "webhook_cursor" ("id", "position") SELECT 1, coalesce(max("position"), 0) FROM "events";
