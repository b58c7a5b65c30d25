CREATE TABLE "quest_claims" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"quest_id" uuid NOT NULL,
	"membership_id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"day" date NOT NULL,
	"timezone" text NOT NULL,
	"points" bigint NOT NULL,
	"bonus_points" bigint NOT NULL,
	"streak" integer NOT NULL,
	"best_streak" integer NOT NULL,
	"freezes_used" integer NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "quest_claims_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
);
--> statement-breakpoint
CREATE TABLE "quest_streaks" (
	"tenant_id" uuid NOT NULL,
	"quest_id" uuid NOT NULL,
	"membership_id" uuid NOT NULL,
	"streak" integer NOT NULL,
	"best" integer NOT NULL,
	"freezes" integer NOT NULL,
	"last_day" date NOT NULL,
	"last_at" timestamp (3) with time zone NOT NULL,
	"last_timezone" text NOT NULL,
	CONSTRAINT "quest_streaks_tenant_id_quest_id_membership_id_pk" PRIMARY KEY("tenant_id","quest_id","membership_id"),
	CONSTRAINT "quest_streaks_check" CHECK ("quest_streaks"."streak" >= 1 and "quest_streaks"."best" >= "quest_streaks"."streak" and "quest_streaks"."freezes" >= 0)
);
--> statement-breakpoint
CREATE TABLE "quests" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"title" text NOT NULL,
	"description" text,
	"kind" text NOT NULL,
	"points" bigint NOT NULL,
	"streak" jsonb,
	"starts_at" timestamp (3) with time zone,
	"ends_at" timestamp (3) with time zone,
	"max_claims" bigint,
	"claims" bigint DEFAULT 0 NOT NULL,
	"tier_ids" jsonb NOT NULL,
	"active" boolean NOT NULL,
	"deleted_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "quests_tenant_id_id_pk" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "quests_kind_check" CHECK ("quests"."kind" in ('daily')),
	CONSTRAINT "quests_window_check" CHECK ("quests"."ends_at" > "quests"."starts_at"),
	CONSTRAINT "quests_claims_check" CHECK ("quests"."max_claims" is null or "quests"."claims" <= "quests"."max_claims")
);
--> statement-breakpoint
ALTER TABLE "effects" DROP CONSTRAINT "effects_cause_type_check";--> statement-breakpoint
ALTER TABLE "effects" DROP CONSTRAINT "effects_kind_check";--> statement-breakpoint
ALTER TABLE "point_entries" ADD COLUMN "note" text;--> statement-breakpoint
ALTER TABLE "quest_claims" ADD CONSTRAINT "quest_claims_quest_fk" FOREIGN KEY ("tenant_id","quest_id") REFERENCES "public"."quests"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "quest_claims" ADD CONSTRAINT "quest_claims_membership_fk" FOREIGN KEY ("tenant_id","membership_id") REFERENCES "public"."memberships"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "quest_streaks" ADD CONSTRAINT "quest_streaks_quest_fk" FOREIGN KEY ("tenant_id","quest_id") REFERENCES "public"."quests"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "quest_streaks" ADD CONSTRAINT "quest_streaks_membership_fk" FOREIGN KEY ("tenant_id","membership_id") REFERENCES "public"."memberships"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "quests" ADD CONSTRAINT "quests_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "quest_claims_day_key" ON "quest_claims" USING btree ("tenant_id","quest_id","membership_id","day");--> statement-breakpoint
CREATE INDEX "quests_list_idx" ON "quests" USING btree ("tenant_id","created_at","id") WHERE "quests"."deleted_at" is null;--> statement-breakpoint
CREATE UNIQUE INDEX "point_entries_cause_key" ON "point_entries" USING btree ("tenant_id","cause_id","cause_type","reason");--> statement-breakpoint
ALTER TABLE "effects" ADD CONSTRAINT "effects_cause_type_check" CHECK ("effects"."cause_type" in ('payment', 'claim', 'quest'));--> statement-breakpoint
ALTER TABLE "effects" ADD CONSTRAINT "effects_kind_check" CHECK ("effects"."kind" in ('stock', 'product', 'membership', 'period', 'coupon', 'points'));--> statement-breakpoint
ALTER TABLE "point_entries" ADD CONSTRAINT "point_entries_reason_check" CHECK ("point_entries"."reason" in ('quest', 'streak_bonus', 'adjustment', 'taken_back'));