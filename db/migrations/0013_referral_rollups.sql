CREATE TABLE "referral_activity" (
	"tenant_id" uuid NOT NULL,
	"id" bigint GENERATED ALWAYS AS IDENTITY (sequence name "referral_activity_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"day" date NOT NULL,
	"referrer_id" uuid NOT NULL,
	"source" text NOT NULL,
	"device" text,
	"country" text,
	"clicks" bigint DEFAULT 0 NOT NULL,
	"unique_visitors" bigint DEFAULT 0 NOT NULL,
	"signups" bigint DEFAULT 0 NOT NULL,
	"conversions" bigint DEFAULT 0 NOT NULL,
	"rewards_points" bigint DEFAULT 0 NOT NULL,
	"revenue" bigint DEFAULT 0 NOT NULL,
	"currency" text,
	CONSTRAINT "referral_activity_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
);
--> statement-breakpoint
CREATE TABLE "referral_revenue" (
	"tenant_id" uuid NOT NULL,
	"dimension" text NOT NULL,
	"span" smallint NOT NULL,
	"starts_on" date NOT NULL,
	"key" text NOT NULL,
	"currency" text NOT NULL,
	"revenue" bigint DEFAULT 0 NOT NULL,
	CONSTRAINT "referral_revenue_pk" PRIMARY KEY("tenant_id","dimension","span","starts_on","key","currency"),
	CONSTRAINT "referral_revenue_dimension_check" CHECK ("referral_revenue"."dimension" in ('total', 'referrer', 'source', 'device', 'country')),
	CONSTRAINT "referral_revenue_span_check" CHECK ("referral_revenue"."span" in (1, 4, 16, 64, 256))
);
--> statement-breakpoint
CREATE TABLE "referral_rollups" (
	"tenant_id" uuid NOT NULL,
	"dimension" text NOT NULL,
	"span" smallint NOT NULL,
	"starts_on" date NOT NULL,
	"key" text NOT NULL,
	"clicks" bigint DEFAULT 0 NOT NULL,
	"unique_visitors" bigint DEFAULT 0 NOT NULL,
	"signups" bigint DEFAULT 0 NOT NULL,
	"conversions" bigint DEFAULT 0 NOT NULL,
	"rewards_points" bigint DEFAULT 0 NOT NULL,
	CONSTRAINT "referral_rollups_pk" PRIMARY KEY("tenant_id","dimension","span","starts_on","key"),
	CONSTRAINT "referral_rollups_dimension_check" CHECK ("referral_rollups"."dimension" in ('total', 'referrer', 'source', 'device', 'country')),
	CONSTRAINT "referral_rollups_span_check" CHECK ("referral_rollups"."span" in (1, 4, 16, 64, 256))
);
--> statement-breakpoint
CREATE TABLE "referral_zones" (
	"tenant_id" uuid NOT NULL,
	"since" timestamp (3) with time zone NOT NULL,
	"timezone" text NOT NULL,
	CONSTRAINT "referral_zones_tenant_id_since_pk" PRIMARY KEY("tenant_id","since")
);
--> statement-breakpoint
-- The day of an instant in the zone that the brand had then.
CREATE FUNCTION "referral_day"("brand" uuid, "at" timestamptz) RETURNS date LANGUAGE sql STABLE AS $$
	SELECT ("at" AT TIME ZONE coalesce(
		(SELECT "timezone" FROM "referral_zones" WHERE "tenant_id" = "brand" AND "since" <= "at" ORDER BY "since" DESC LIMIT 1),
		(SELECT "timezone" FROM "tenants" WHERE "id" = "brand")))::date
$$;
--> statement-breakpoint
CREATE FUNCTION "count_referral_click"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO "referral_activity"
		("tenant_id", "day", "referrer_id", "source", "device", "country", "clicks", "unique_visitors")
	SELECT NEW."tenant_id", "referral_day"(NEW."tenant_id", NEW."created_at"), "user_id", NEW."source", NEW."device",
		NEW."country", 1, NEW."is_unique"::int
	FROM "referral_links" WHERE "tenant_id" = NEW."tenant_id" AND "id" = NEW."link_id";
	RETURN NULL;
END;
$$;
--> statement-breakpoint
CREATE TRIGGER "referral_clicks_count" AFTER INSERT ON "referral_clicks" FOR EACH ROW EXECUTE FUNCTION "count_referral_click"();
--> statement-breakpoint
-- In the three below: what stands now less what stood before. OLD is null for a row that is new.
CREATE FUNCTION "count_referral_signup"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
	change int := (NEW."status" = 'attributed')::int - coalesce((OLD."status" = 'attributed')::int, 0);
BEGIN
	IF change <> 0 THEN
		INSERT INTO "referral_activity" ("tenant_id", "day", "referrer_id", "source", "signups")
		VALUES (NEW."tenant_id", "referral_day"(NEW."tenant_id", NEW."created_at"), NEW."referrer_id", NEW."source", change);
	END IF;
	RETURN NULL;
END;
$$;
--> statement-breakpoint
CREATE TRIGGER "referrals_count" AFTER INSERT OR UPDATE OF "status" ON "referrals" FOR EACH ROW
EXECUTE FUNCTION "count_referral_signup"();
--> statement-breakpoint
CREATE FUNCTION "count_referral_conversion"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
	change int := (NEW."status" = 'counted')::int - coalesce((OLD."status" = 'counted')::int, 0);
BEGIN
	IF change <> 0 THEN
		INSERT INTO "referral_activity" ("tenant_id", "day", "referrer_id", "source", "currency", "conversions", "revenue")
		VALUES (NEW."tenant_id", "referral_day"(NEW."tenant_id", NEW."created_at"), NEW."referrer_id", NEW."source",
			NEW."currency", change, change * coalesce(NEW."amount", 0));
	END IF;
	RETURN NULL;
END;
$$;
--> statement-breakpoint
CREATE TRIGGER "referral_conversions_count" AFTER INSERT OR UPDATE OF "status" ON "referral_conversions" FOR EACH ROW
EXECUTE FUNCTION "count_referral_conversion"();
--> statement-breakpoint
CREATE FUNCTION "count_referral_reward"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
	change int := (NEW."status" = 'granted')::int - coalesce((OLD."status" = 'granted')::int, 0);
BEGIN
	IF change <> 0 AND NEW."points" <> 0 THEN
		INSERT INTO "referral_activity" ("tenant_id", "day", "referrer_id", "source", "rewards_points")
		SELECT NEW."tenant_id", "referral_day"(NEW."tenant_id", coalesce(NEW."granted_at", OLD."granted_at")), "referrer_id", "source", change * NEW."points"
		FROM "referral_conversions" WHERE "tenant_id" = NEW."tenant_id" AND "id" = NEW."conversion_id";
	END IF;
	RETURN NULL;
END;
$$;
--> statement-breakpoint
CREATE TRIGGER "referral_rewards_count" AFTER INSERT OR UPDATE OF "status" ON "referral_rewards" FOR EACH ROW
EXECUTE FUNCTION "count_referral_reward"();
--> statement-breakpoint
-- Room on the page for what is counted next: rows of one span stay together, and their index entries as they are.
ALTER TABLE "referral_rollups" SET (fillfactor = 80);
--> statement-breakpoint
ALTER TABLE "referral_revenue" SET (fillfactor = 80);
