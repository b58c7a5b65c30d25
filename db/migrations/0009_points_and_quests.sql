CREATE TABLE "leaderboard_buckets" (
	"tenant_id" uuid NOT NULL,
	"period" text NOT NULL,
	"starts_on" date NOT NULL,
	"level" smallint NOT NULL,
	"bucket" bigint NOT NULL,
	"members" bigint NOT NULL,
	CONSTRAINT "leaderboard_buckets_tenant_id_period_starts_on_level_bucket_pk" PRIMARY KEY("tenant_id","period","starts_on","level","bucket"),
	CONSTRAINT "leaderboard_buckets_period_check" CHECK ("leaderboard_buckets"."period" in ('day', 'week', 'month', 'all'))
);
--> statement-breakpoint
CREATE TABLE "leaderboard_scores" (
	"tenant_id" uuid NOT NULL,
	"period" text NOT NULL,
	"starts_on" date NOT NULL,
	"membership_id" uuid NOT NULL,
	"points" bigint NOT NULL,
	"counted" bigint DEFAULT 0 NOT NULL,
	"uncounted" boolean GENERATED ALWAYS AS (counted <> points) STORED NOT NULL,
	CONSTRAINT "leaderboard_scores_tenant_id_period_starts_on_membership_id_pk" PRIMARY KEY("tenant_id","period","starts_on","membership_id"),
	CONSTRAINT "leaderboard_scores_period_check" CHECK ("leaderboard_scores"."period" in ('day', 'week', 'month', 'all'))
);
--> statement-breakpoint
CREATE TABLE "point_policies" (
	"tenant_id" uuid PRIMARY KEY NOT NULL,
	"expiry_mode" text,
	"expiry_days" integer,
	"tier_basis" text NOT NULL,
	"downgrade_mode" text NOT NULL,
	"downgrade_days" integer,
	"updated_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "point_policies_expiry_mode_check" CHECK ("point_policies"."expiry_mode" in ('age', 'inactivity')),
	CONSTRAINT "point_policies_tier_basis_check" CHECK ("point_policies"."tier_basis" in ('earned', 'balance')),
	CONSTRAINT "point_policies_downgrade_mode_check" CHECK ("point_policies"."downgrade_mode" in ('never', 'at_once', 'after')),
	CONSTRAINT "point_policies_expiry_check" CHECK (num_nulls("point_policies"."expiry_mode", "point_policies"."expiry_days") in (0, 2) and "point_policies"."expiry_days" >= 1),
	CONSTRAINT "point_policies_downgrade_check" CHECK (("point_policies"."downgrade_mode" = 'after') = ("point_policies"."downgrade_days" is not null) and "point_policies"."downgrade_days" >= 1)
);
--> statement-breakpoint
CREATE TABLE "points_purchases" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"membership_id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"product_id" uuid NOT NULL,
	"quantity" integer NOT NULL,
	"points" bigint NOT NULL,
	"status" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"refunded_at" timestamp (3) with time zone,
	CONSTRAINT "points_purchases_tenant_id_id_pk" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "points_purchases_status_check" CHECK ("points_purchases"."status" in ('completed', 'refunded')),
	CONSTRAINT "points_purchases_amount_check" CHECK ("points_purchases"."quantity" > 0 and "points_purchases"."points" > 0),
	CONSTRAINT "points_purchases_refund_check" CHECK (("points_purchases"."status" = 'refunded') = ("points_purchases"."refunded_at" is not null))
);
--> statement-breakpoint
CREATE TABLE "quest_counts" (
	"tenant_id" uuid NOT NULL,
	"quest_id" uuid NOT NULL,
	"event_id" uuid NOT NULL,
	"status" text NOT NULL,
	"reason" text,
	"progress_id" uuid,
	"attempts" integer DEFAULT 0 NOT NULL,
	"next_attempt_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "quest_counts_tenant_id_quest_id_event_id_pk" PRIMARY KEY("tenant_id","quest_id","event_id"),
	CONSTRAINT "quest_counts_status_check" CHECK ("quest_counts"."status" in ('pending', 'counted', 'ignored'))
);
--> statement-breakpoint
CREATE TABLE "quest_cursor" (
	"id" integer PRIMARY KEY NOT NULL,
	"position" bigint NOT NULL,
	CONSTRAINT "quest_cursor_check" CHECK ("quest_cursor"."id" = 1)
);
--> statement-breakpoint
CREATE TABLE "quest_members" (
	"tenant_id" uuid NOT NULL,
	"quest_id" uuid NOT NULL,
	"membership_id" uuid NOT NULL,
	"claims" integer NOT NULL,
	"streak" integer NOT NULL,
	"best" integer NOT NULL,
	"freezes" integer NOT NULL,
	"last_day" date NOT NULL,
	"last_at" timestamp (3) with time zone NOT NULL,
	"last_timezone" text NOT NULL,
	CONSTRAINT "quest_members_tenant_id_quest_id_membership_id_pk" PRIMARY KEY("tenant_id","quest_id","membership_id"),
	CONSTRAINT "quest_members_check" CHECK ("quest_members"."claims" >= 0 and "quest_members"."streak" >= 0 and "quest_members"."best" >= "quest_members"."streak" and "quest_members"."freezes" >= 0)
);
--> statement-breakpoint
CREATE TABLE "quest_progress" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"quest_id" uuid NOT NULL,
	"membership_id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"starts_on" date NOT NULL,
	"timezone" text NOT NULL,
	"count" bigint NOT NULL,
	"completed_at" timestamp (3) with time zone,
	"claimed_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "quest_progress_tenant_id_id_pk" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "quest_progress_check" CHECK ("quest_progress"."count" >= 0 and ("quest_progress"."claimed_at" is null or "quest_progress"."completed_at" is not null))
);
--> statement-breakpoint
CREATE TABLE "quest_submissions" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"quest_id" uuid NOT NULL,
	"membership_id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"starts_on" date NOT NULL,
	"timezone" text NOT NULL,
	"status" text NOT NULL,
	"text" text,
	"file_keys" jsonb NOT NULL,
	"rejection_reason" text,
	"decided_by" uuid,
	"decided_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "quest_submissions_tenant_id_id_pk" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "quest_submissions_status_check" CHECK ("quest_submissions"."status" in ('submitted', 'approved', 'rejected'))
);
--> statement-breakpoint
CREATE TABLE "streak_repairs" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"quest_id" uuid NOT NULL,
	"membership_id" uuid NOT NULL,
	"before" jsonb NOT NULL,
	"after" jsonb NOT NULL,
	"reason" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "streak_repairs_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
);
--> statement-breakpoint
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
	"rewards" jsonb NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"taken_back_at" timestamp (3) with time zone,
	CONSTRAINT "quest_claims_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
);
--> statement-breakpoint
CREATE TABLE "quests" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"title" text NOT NULL,
	"description" text,
	"kind" text NOT NULL,
	"event" text,
	"target" bigint NOT NULL,
	"period" text,
	"proof" text,
	"self_complete" boolean NOT NULL,
	"auto_claim" boolean NOT NULL,
	"points" bigint NOT NULL,
	"rewards" jsonb NOT NULL,
	"streak" jsonb,
	"starts_at" timestamp (3) with time zone,
	"ends_at" timestamp (3) with time zone,
	"max_claims" bigint,
	"claims" bigint DEFAULT 0 NOT NULL,
	"max_per_member" integer,
	"tier_ids" jsonb NOT NULL,
	"requires" jsonb NOT NULL,
	"active" boolean NOT NULL,
	"deleted_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "quests_tenant_id_id_pk" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "quests_kind_check" CHECK ("quests"."kind" in ('daily', 'once', 'repeatable', 'event')),
	CONSTRAINT "quests_event_check" CHECK ("quests"."event" in ('payment.succeeded', 'membership.created', 'membership.updated', 'coupon.claimed', 'coupon.redeemed', 'quest.completed', 'quest.claimed', 'referral.signup', 'referral.converted', 'file.uploaded')),
	CONSTRAINT "quests_period_check" CHECK ("quests"."period" in ('day', 'week', 'month')),
	CONSTRAINT "quests_proof_check" CHECK ("quests"."proof" in ('text', 'file', 'any')),
	CONSTRAINT "quests_event_kind_check" CHECK (("quests"."kind" = 'event') = ("quests"."event" is not null)),
	CONSTRAINT "quests_window_check" CHECK ("quests"."ends_at" > "quests"."starts_at"),
	CONSTRAINT "quests_claims_check" CHECK ("quests"."max_claims" is null or "quests"."claims" <= "quests"."max_claims")
);
--> statement-breakpoint
ALTER TABLE "coupon_claims" DROP CONSTRAINT "coupon_claims_release_reason_check";--> statement-breakpoint
ALTER TABLE "effects" DROP CONSTRAINT "effects_cause_type_check";--> statement-breakpoint
ALTER TABLE "effects" DROP CONSTRAINT "effects_kind_check";--> statement-breakpoint
ALTER TABLE "refunds" DROP CONSTRAINT "refunds_amount_check";--> statement-breakpoint
ALTER TABLE "memberships" ADD COLUMN "points_earned" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "memberships" ADD COLUMN "points_active_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "memberships" ADD COLUMN "points_expire_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "memberships" ADD COLUMN "points_tier_id" uuid;--> statement-breakpoint
ALTER TABLE "memberships" ADD COLUMN "tier_falls_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "memberships" ADD COLUMN "hides_name" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "memberships" ADD COLUMN "lent_until" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "memberships" ADD COLUMN "lent_from_tier_id" uuid;--> statement-breakpoint
ALTER TABLE "point_entries" ADD COLUMN "note" text;--> statement-breakpoint
ALTER TABLE "point_entries" ADD COLUMN "counts_on" date;--> statement-breakpoint
ALTER TABLE "payments" ADD COLUMN "given_back_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "products" ADD COLUMN "points_price" bigint;--> statement-breakpoint
ALTER TABLE "point_policies" ADD CONSTRAINT "point_policies_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "points_purchases" ADD CONSTRAINT "points_purchases_membership_fk" FOREIGN KEY ("tenant_id","membership_id") REFERENCES "public"."memberships"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "points_purchases" ADD CONSTRAINT "points_purchases_product_fk" FOREIGN KEY ("tenant_id","product_id") REFERENCES "public"."products"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "quest_counts" ADD CONSTRAINT "quest_counts_quest_fk" FOREIGN KEY ("tenant_id","quest_id") REFERENCES "public"."quests"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "quest_members" ADD CONSTRAINT "quest_members_quest_fk" FOREIGN KEY ("tenant_id","quest_id") REFERENCES "public"."quests"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "quest_members" ADD CONSTRAINT "quest_members_membership_fk" FOREIGN KEY ("tenant_id","membership_id") REFERENCES "public"."memberships"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "quest_progress" ADD CONSTRAINT "quest_progress_quest_fk" FOREIGN KEY ("tenant_id","quest_id") REFERENCES "public"."quests"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "quest_progress" ADD CONSTRAINT "quest_progress_membership_fk" FOREIGN KEY ("tenant_id","membership_id") REFERENCES "public"."memberships"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "quest_submissions" ADD CONSTRAINT "quest_submissions_quest_fk" FOREIGN KEY ("tenant_id","quest_id") REFERENCES "public"."quests"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "quest_submissions" ADD CONSTRAINT "quest_submissions_membership_fk" FOREIGN KEY ("tenant_id","membership_id") REFERENCES "public"."memberships"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "streak_repairs" ADD CONSTRAINT "streak_repairs_member_fk" FOREIGN KEY ("tenant_id","quest_id","membership_id") REFERENCES "public"."quest_members"("tenant_id","quest_id","membership_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "quest_claims" ADD CONSTRAINT "quest_claims_quest_fk" FOREIGN KEY ("tenant_id","quest_id") REFERENCES "public"."quests"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "quest_claims" ADD CONSTRAINT "quest_claims_membership_fk" FOREIGN KEY ("tenant_id","membership_id") REFERENCES "public"."memberships"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "quests" ADD CONSTRAINT "quests_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "leaderboard_buckets_old_idx" ON "leaderboard_buckets" USING btree ("starts_on") WHERE "leaderboard_buckets"."period" <> 'all';--> statement-breakpoint
CREATE INDEX "leaderboard_scores_top_idx" ON "leaderboard_scores" USING btree ("tenant_id","period","starts_on","points" DESC NULLS FIRST,"membership_id");--> statement-breakpoint
CREATE INDEX "leaderboard_scores_uncounted_idx" ON "leaderboard_scores" USING btree ("tenant_id","period","starts_on") WHERE "leaderboard_scores"."uncounted";--> statement-breakpoint
CREATE INDEX "points_purchases_list_idx" ON "points_purchases" USING btree ("tenant_id","created_at","id");--> statement-breakpoint
CREATE INDEX "points_purchases_of_user_idx" ON "points_purchases" USING btree ("tenant_id","user_id","created_at","id");--> statement-breakpoint
CREATE INDEX "quest_counts_due_idx" ON "quest_counts" USING btree ("next_attempt_at") WHERE "quest_counts"."status" = 'pending';--> statement-breakpoint
CREATE INDEX "quest_counts_age_idx" ON "quest_counts" USING brin ("created_at");--> statement-breakpoint
CREATE UNIQUE INDEX "quest_progress_period_key" ON "quest_progress" USING btree ("tenant_id","quest_id","membership_id","starts_on");--> statement-breakpoint
CREATE UNIQUE INDEX "quest_submissions_open_key" ON "quest_submissions" USING btree ("tenant_id","quest_id","membership_id","starts_on") WHERE "quest_submissions"."status" = 'submitted';--> statement-breakpoint
CREATE INDEX "quest_submissions_list_idx" ON "quest_submissions" USING btree ("tenant_id","quest_id","created_at","id");--> statement-breakpoint
CREATE INDEX "quest_submissions_of_member_idx" ON "quest_submissions" USING btree ("tenant_id","quest_id","membership_id","created_at");--> statement-breakpoint
CREATE INDEX "streak_repairs_list_idx" ON "streak_repairs" USING btree ("tenant_id","quest_id","membership_id","created_at");--> statement-breakpoint
CREATE UNIQUE INDEX "quest_claims_day_key" ON "quest_claims" USING btree ("tenant_id","quest_id","membership_id","day") WHERE "quest_claims"."taken_back_at" is null;--> statement-breakpoint
CREATE INDEX "quests_list_idx" ON "quests" USING btree ("tenant_id","created_at","id") WHERE "quests"."deleted_at" is null;--> statement-breakpoint
CREATE INDEX "quests_event_idx" ON "quests" USING btree ("tenant_id","event") WHERE "quests"."event" is not null and "quests"."active" and "quests"."deleted_at" is null;--> statement-breakpoint
ALTER TABLE "memberships" ADD CONSTRAINT "memberships_lent_from_fk" FOREIGN KEY ("tenant_id","lent_from_tier_id") REFERENCES "public"."tiers"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "memberships_lent_idx" ON "memberships" USING btree ("lent_until") WHERE "memberships"."lent_until" is not null;--> statement-breakpoint
CREATE INDEX "memberships_points_expiry_idx" ON "memberships" USING btree ("points_expire_at") WHERE "memberships"."points_expire_at" is not null;--> statement-breakpoint
CREATE INDEX "memberships_tier_fall_idx" ON "memberships" USING btree ("tier_falls_at") WHERE "memberships"."tier_falls_at" is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "point_entries_cause_key" ON "point_entries" USING btree ("tenant_id","cause_id","cause_type","reason");--> statement-breakpoint
CREATE INDEX "tiers_points_idx" ON "tiers" USING btree ("tenant_id","points_threshold") WHERE "tiers"."points_threshold" is not null;--> statement-breakpoint
ALTER TABLE "coupon_claims" ADD CONSTRAINT "coupon_claims_release_reason_check" CHECK ("coupon_claims"."release_reason" in ('holder', 'staff', 'expired', 'payment', 'refund', 'rollback', 'quest'));--> statement-breakpoint
ALTER TABLE "effects" ADD CONSTRAINT "effects_cause_type_check" CHECK ("effects"."cause_type" in ('payment', 'claim', 'quest', 'purchase'));--> statement-breakpoint
ALTER TABLE "effects" ADD CONSTRAINT "effects_kind_check" CHECK ("effects"."kind" in ('stock', 'product', 'membership', 'period', 'coupon', 'progress', 'tier', 'points'));--> statement-breakpoint
ALTER TABLE "memberships" ADD CONSTRAINT "memberships_lent_check" CHECK (num_nulls("memberships"."lent_until", "memberships"."lent_from_tier_id") in (0, 2));--> statement-breakpoint
ALTER TABLE "point_entries" ADD CONSTRAINT "point_entries_reason_check" CHECK ("point_entries"."reason" in ('quest', 'streak_bonus', 'referral', 'adjustment', 'purchase', 'purchase_refund', 'freeze', 'expired', 'taken_back'));--> statement-breakpoint
ALTER TABLE "refunds" ADD CONSTRAINT "refunds_amount_check" CHECK ("refunds"."amount" >= 0);--> statement-breakpoint
ALTER TABLE "products" ADD CONSTRAINT "products_points_price_check" CHECK ("products"."points_price" >= 1);
--> statement-breakpoint
INSERT INTO "quest_cursor" ("id", "position") SELECT 1, coalesce(max("position"), 0) FROM "events";
