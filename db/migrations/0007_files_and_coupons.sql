CREATE TABLE "coupon_budget_uses" (
	"tenant_id" uuid NOT NULL,
	"coupon_id" uuid NOT NULL,
	"measure" text NOT NULL,
	"period" text NOT NULL,
	"period_start" timestamp (3) with time zone NOT NULL,
	"currency" text NOT NULL,
	"used" bigint NOT NULL,
	CONSTRAINT "coupon_budget_uses_pk" PRIMARY KEY("tenant_id","coupon_id","measure","period","period_start","currency"),
	CONSTRAINT "coupon_budget_uses_measure_check" CHECK ("coupon_budget_uses"."measure" in ('discount', 'redemptions')),
	CONSTRAINT "coupon_budget_uses_period_check" CHECK ("coupon_budget_uses"."period" in ('hour', 'day', 'week', 'month', 'all')),
	CONSTRAINT "coupon_budget_uses_used_check" CHECK ("coupon_budget_uses"."used" >= 0)
);
--> statement-breakpoint
CREATE TABLE "coupon_claims" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"coupon_id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"promotion_code_id" uuid,
	"code" text NOT NULL,
	"status" text NOT NULL,
	"claimed_at" timestamp (3) with time zone NOT NULL,
	"expires_at" timestamp (3) with time zone,
	"payment_id" uuid,
	"subscription_id" uuid,
	"subtotal" bigint,
	"discount" bigint,
	"currency" text,
	"redeemed_at" timestamp (3) with time zone,
	"redeemed_on" date,
	"redeemed_by" uuid,
	"released_at" timestamp (3) with time zone,
	"release_reason" text,
	"uses" jsonb NOT NULL,
	"budgets" jsonb NOT NULL,
	CONSTRAINT "coupon_claims_tenant_id_id_pk" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "coupon_claims_status_check" CHECK ("coupon_claims"."status" in ('claimed', 'reserved', 'redeemed', 'released', 'expired')),
	CONSTRAINT "coupon_claims_release_reason_check" CHECK ("coupon_claims"."release_reason" in ('holder', 'staff', 'expired', 'payment', 'refund', 'rollback')),
	CONSTRAINT "coupon_claims_discount_check" CHECK (0 <= "coupon_claims"."discount" and "coupon_claims"."discount" <= "coupon_claims"."subtotal"),
	CONSTRAINT "coupon_claims_state_check" CHECK (("coupon_claims"."status" in ('released', 'expired')) = ("coupon_claims"."released_at" is not null)
        and ("coupon_claims"."status" <> 'claimed' or "coupon_claims"."expires_at" is not null)
        and ("coupon_claims"."status" <> 'reserved' or coalesce("coupon_claims"."payment_id", "coupon_claims"."subscription_id") is not null)
        and ("coupon_claims"."status" <> 'redeemed' or "coupon_claims"."redeemed_at" is not null))
);
--> statement-breakpoint
CREATE TABLE "coupon_uses" (
	"tenant_id" uuid NOT NULL,
	"scope_id" uuid NOT NULL,
	"identity" text NOT NULL,
	"period" text NOT NULL,
	"period_start" timestamp (3) with time zone NOT NULL,
	"used" integer NOT NULL,
	CONSTRAINT "coupon_uses_tenant_id_scope_id_identity_period_period_start_pk" PRIMARY KEY("tenant_id","scope_id","identity","period","period_start"),
	CONSTRAINT "coupon_uses_period_check" CHECK ("coupon_uses"."period" in ('hour', 'day', 'week', 'month', 'all')),
	CONSTRAINT "coupon_uses_used_check" CHECK ("coupon_uses"."used" >= 0)
);
--> statement-breakpoint
CREATE TABLE "known_cards" (
	"tenant_id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"fingerprint" text NOT NULL,
	"first_used_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "known_cards_tenant_id_user_id_fingerprint_pk" PRIMARY KEY("tenant_id","user_id","fingerprint")
);
--> statement-breakpoint
CREATE TABLE "code_batches" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"coupon_id" uuid NOT NULL,
	"source" text NOT NULL,
	"pattern" text,
	"charset" text,
	"status" text NOT NULL,
	"requested" integer NOT NULL,
	"made" integer DEFAULT 0 NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL,
	"finished_at" timestamp (3) with time zone,
	CONSTRAINT "code_batches_tenant_id_id_pk" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "code_batches_source_check" CHECK ("code_batches"."source" in ('pattern', 'import')),
	CONSTRAINT "code_batches_status_check" CHECK ("code_batches"."status" in ('queued', 'running', 'done', 'revoked')),
	CONSTRAINT "code_batches_made_check" CHECK (0 <= "code_batches"."made" and "code_batches"."made" <= "code_batches"."requested")
);
--> statement-breakpoint
CREATE TABLE "coupon_counters" (
	"tenant_id" uuid NOT NULL,
	"coupon_id" uuid NOT NULL,
	"max_redemptions" integer,
	"claimed" integer DEFAULT 0 NOT NULL,
	"reserved" integer DEFAULT 0 NOT NULL,
	"redeemed" integer DEFAULT 0 NOT NULL,
	"codes" integer DEFAULT 0 NOT NULL,
	CONSTRAINT "coupon_counters_tenant_id_coupon_id_pk" PRIMARY KEY("tenant_id","coupon_id"),
	CONSTRAINT "coupon_counters_least_check" CHECK (least("coupon_counters"."claimed", "coupon_counters"."reserved", "coupon_counters"."redeemed") >= 0),
	CONSTRAINT "coupon_counters_most_check" CHECK ("coupon_counters"."claimed" + "coupon_counters"."reserved" + "coupon_counters"."redeemed" <= "coupon_counters"."max_redemptions")
);
--> statement-breakpoint
CREATE TABLE "coupons" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"code" text,
	"name" text NOT NULL,
	"description" text,
	"kind" text NOT NULL,
	"percent_off" numeric(5, 2),
	"amount_off" bigint,
	"currency" text,
	"currency_options" jsonb NOT NULL,
	"product_id" uuid,
	"max_discount" bigint,
	"min_subtotal" bigint,
	"starts_at" timestamp (3) with time zone,
	"ends_at" timestamp (3) with time zone,
	"hours" jsonb NOT NULL,
	"max_per_user" integer,
	"per_user_period" jsonb,
	"first_purchase_only" boolean NOT NULL,
	"tier_ids" jsonb NOT NULL,
	"product_ids" jsonb NOT NULL,
	"public" boolean NOT NULL,
	"stackable" boolean NOT NULL,
	"claim_ttl_seconds" integer NOT NULL,
	"duration" text NOT NULL,
	"duration_in_months" integer,
	"budgets" jsonb NOT NULL,
	"auto_pause" jsonb,
	"active" boolean NOT NULL,
	"paused_at" timestamp (3) with time zone,
	"paused_reason" text,
	"paused_rate" integer,
	"resumed_at" timestamp (3) with time zone,
	"archived_at" timestamp (3) with time zone,
	"metadata" jsonb NOT NULL,
	"external_id" text,
	"version" integer NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "coupons_tenant_id_id_pk" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "coupons_kind_check" CHECK ("coupons"."kind" in ('percent', 'amount', 'product')),
	CONSTRAINT "coupons_duration_check" CHECK ("coupons"."duration" in ('once', 'repeating', 'forever')),
	CONSTRAINT "coupons_percent_check" CHECK (0 < "coupons"."percent_off" and "coupons"."percent_off" <= 100),
	CONSTRAINT "coupons_sums_check" CHECK ("coupons"."amount_off" > 0 and "coupons"."max_discount" > 0 and "coupons"."min_subtotal" >= 0),
	CONSTRAINT "coupons_times_check" CHECK ("coupons"."starts_at" < "coupons"."ends_at"),
	CONSTRAINT "coupons_gift_check" CHECK (("coupons"."kind" = 'percent') = ("coupons"."percent_off" is not null)
        and ("coupons"."kind" = 'amount') = ("coupons"."amount_off" is not null)
        and ("coupons"."kind" = 'product') = ("coupons"."product_id" is not null))
);
--> statement-breakpoint
CREATE TABLE "promotion_codes" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"coupon_id" uuid NOT NULL,
	"code" text NOT NULL,
	"code_key" text NOT NULL,
	"single_use" boolean NOT NULL,
	"batch_id" uuid,
	"used_at" timestamp (3) with time zone,
	"retired_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "promotion_codes_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
);
--> statement-breakpoint
CREATE TABLE "file_usages" (
	"tenant_id" uuid NOT NULL,
	"file_id" uuid NOT NULL,
	"used_by" text NOT NULL,
	"used_by_id" uuid NOT NULL,
	CONSTRAINT "file_usages_tenant_id_file_id_used_by_used_by_id_pk" PRIMARY KEY("tenant_id","file_id","used_by","used_by_id"),
	CONSTRAINT "file_usages_used_by_check" CHECK ("file_usages"."used_by" in ('product', 'tenant', 'user', 'submission'))
);
--> statement-breakpoint
CREATE TABLE "files" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"is_personal" boolean NOT NULL,
	"key" text NOT NULL,
	"owner_id" uuid,
	"purpose" text NOT NULL,
	"visibility" text NOT NULL,
	"name" text NOT NULL,
	"content_type" text NOT NULL,
	"size" bigint NOT NULL,
	"sha256" text,
	"status" text NOT NULL,
	"stored_bytes" bigint NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"expires_at" timestamp (3) with time zone,
	CONSTRAINT "files_tenant_id_id_pk" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "files_purpose_check" CHECK ("files"."purpose" in ('avatar', 'logo', 'product', 'proof', 'document')),
	CONSTRAINT "files_visibility_check" CHECK ("files"."visibility" in ('public', 'private')),
	CONSTRAINT "files_status_check" CHECK ("files"."status" in ('pending', 'checking', 'ready', 'deleting')),
	CONSTRAINT "files_size_check" CHECK ("files"."size" >= 0 and "files"."stored_bytes" >= 0),
	CONSTRAINT "files_ready_check" CHECK (("files"."status" <> 'ready') = ("files"."expires_at" is not null)),
	CONSTRAINT "files_personal_check" CHECK (not "files"."is_personal" or "files"."owner_id" = "files"."tenant_id")
);
--> statement-breakpoint
CREATE TABLE "storage_counters" (
	"tenant_id" uuid NOT NULL,
	"purpose" text NOT NULL,
	"holder_id" uuid NOT NULL,
	"bytes" bigint NOT NULL,
	"files" bigint NOT NULL,
	CONSTRAINT "storage_counters_tenant_id_holder_id_purpose_pk" PRIMARY KEY("tenant_id","holder_id","purpose"),
	CONSTRAINT "storage_counters_purpose_check" CHECK ("storage_counters"."purpose" in ('all', 'avatar', 'logo', 'product', 'proof', 'document')),
	CONSTRAINT "storage_counters_check" CHECK ("storage_counters"."bytes" >= 0 and "storage_counters"."files" >= 0)
);
--> statement-breakpoint
CREATE TABLE "stripe_coupons" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"coupon_id" uuid NOT NULL,
	"account" text NOT NULL,
	"basis" text NOT NULL,
	"terms" jsonb NOT NULL,
	"terms_key" text NOT NULL,
	"card_coupon_id" text,
	"promotion_id" text,
	"active" boolean NOT NULL,
	"check_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "stripe_coupons_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
);
--> statement-breakpoint
ALTER TABLE "effects" DROP CONSTRAINT "effects_cause_type_check";--> statement-breakpoint
ALTER TABLE "effects" DROP CONSTRAINT "effects_kind_check";--> statement-breakpoint
ALTER TABLE "events" DROP CONSTRAINT "events_type_check";--> statement-breakpoint
ALTER TABLE "subscriptions" ADD COLUMN "stripe_coupon_id" uuid;--> statement-breakpoint
ALTER TABLE "tenants" ADD COLUMN "logo_key" text;--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "avatar_key" text;--> statement-breakpoint
ALTER TABLE "coupon_budget_uses" ADD CONSTRAINT "coupon_budget_uses_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "coupon_claims" ADD CONSTRAINT "coupon_claims_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "coupon_claims" ADD CONSTRAINT "coupon_claims_counter_fk" FOREIGN KEY ("tenant_id","coupon_id") REFERENCES "public"."coupon_counters"("tenant_id","coupon_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "coupon_claims" ADD CONSTRAINT "coupon_claims_payment_fk" FOREIGN KEY ("tenant_id","payment_id") REFERENCES "public"."payments"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "coupon_claims" ADD CONSTRAINT "coupon_claims_subscription_fk" FOREIGN KEY ("tenant_id","subscription_id") REFERENCES "public"."subscriptions"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "coupon_uses" ADD CONSTRAINT "coupon_uses_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "known_cards" ADD CONSTRAINT "known_cards_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "known_cards" ADD CONSTRAINT "known_cards_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "code_batches" ADD CONSTRAINT "code_batches_coupon_fk" FOREIGN KEY ("tenant_id","coupon_id") REFERENCES "public"."coupons"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "coupon_counters" ADD CONSTRAINT "coupon_counters_coupon_fk" FOREIGN KEY ("tenant_id","coupon_id") REFERENCES "public"."coupons"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "coupons" ADD CONSTRAINT "coupons_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "coupons" ADD CONSTRAINT "coupons_product_fk" FOREIGN KEY ("tenant_id","product_id") REFERENCES "public"."products"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "promotion_codes" ADD CONSTRAINT "promotion_codes_coupon_fk" FOREIGN KEY ("tenant_id","coupon_id") REFERENCES "public"."coupons"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "file_usages" ADD CONSTRAINT "file_usages_file_fk" FOREIGN KEY ("tenant_id","file_id") REFERENCES "public"."files"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "stripe_coupons" ADD CONSTRAINT "stripe_coupons_coupon_fk" FOREIGN KEY ("tenant_id","coupon_id") REFERENCES "public"."coupons"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "coupon_claims_code_key" ON "coupon_claims" USING btree ("tenant_id","code");--> statement-breakpoint
CREATE UNIQUE INDEX "coupon_claims_open_key" ON "coupon_claims" USING btree ("tenant_id","coupon_id","user_id") WHERE "coupon_claims"."status" = 'claimed';--> statement-breakpoint
CREATE UNIQUE INDEX "coupon_claims_payment_key" ON "coupon_claims" USING btree ("tenant_id","payment_id","coupon_id") WHERE "coupon_claims"."payment_id" is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "coupon_claims_subscription_key" ON "coupon_claims" USING btree ("tenant_id","subscription_id") WHERE "coupon_claims"."subscription_id" is not null;--> statement-breakpoint
CREATE INDEX "coupon_claims_of_user_idx" ON "coupon_claims" USING btree ("user_id","claimed_at","id");--> statement-breakpoint
CREATE INDEX "coupon_claims_list_idx" ON "coupon_claims" USING btree ("tenant_id","claimed_at","id");--> statement-breakpoint
CREATE INDEX "coupon_claims_coupon_idx" ON "coupon_claims" USING btree ("tenant_id","coupon_id","claimed_at","id");--> statement-breakpoint
CREATE INDEX "coupon_claims_redeemed_idx" ON "coupon_claims" USING btree ("tenant_id","coupon_id","redeemed_at") WHERE "coupon_claims"."redeemed_at" is not null;--> statement-breakpoint
CREATE INDEX "coupon_claims_recent_idx" ON "coupon_claims" USING btree ("redeemed_at","tenant_id","coupon_id") WHERE "coupon_claims"."redeemed_at" is not null;--> statement-breakpoint
CREATE INDEX "coupon_claims_released_idx" ON "coupon_claims" USING btree ("tenant_id","coupon_id","released_at") WHERE "coupon_claims"."released_at" is not null;--> statement-breakpoint
CREATE INDEX "coupon_claims_held_idx" ON "coupon_claims" USING btree ("tenant_id","coupon_id","subscription_id") WHERE "coupon_claims"."subscription_id" is not null;--> statement-breakpoint
CREATE INDEX "coupon_claims_overdue_idx" ON "coupon_claims" USING btree ("expires_at") WHERE "coupon_claims"."status" = 'claimed';--> statement-breakpoint
CREATE INDEX "coupon_claims_overdue_of_coupon_idx" ON "coupon_claims" USING btree ("tenant_id","coupon_id","expires_at") WHERE "coupon_claims"."status" = 'claimed';--> statement-breakpoint
CREATE INDEX "code_batches_list_idx" ON "code_batches" USING btree ("tenant_id","coupon_id","created_at","id");--> statement-breakpoint
CREATE INDEX "code_batches_open_idx" ON "code_batches" USING btree ("updated_at") WHERE "code_batches"."status" in ('queued', 'running');--> statement-breakpoint
CREATE UNIQUE INDEX "coupons_external_id_key" ON "coupons" USING btree ("tenant_id","external_id");--> statement-breakpoint
CREATE INDEX "coupons_list_idx" ON "coupons" USING btree ("tenant_id","created_at","id");--> statement-breakpoint
CREATE INDEX "coupons_public_idx" ON "coupons" USING btree ("tenant_id","created_at","id") WHERE "coupons"."public" and "coupons"."active" and "coupons"."paused_at" is null and "coupons"."archived_at" is null;--> statement-breakpoint
CREATE UNIQUE INDEX "promotion_codes_code_key" ON "promotion_codes" USING btree ("tenant_id","code_key") WHERE "promotion_codes"."retired_at" is null;--> statement-breakpoint
CREATE INDEX "promotion_codes_coupon_idx" ON "promotion_codes" USING btree ("tenant_id","coupon_id","id");--> statement-breakpoint
CREATE INDEX "promotion_codes_batch_idx" ON "promotion_codes" USING btree ("tenant_id","batch_id","id");--> statement-breakpoint
CREATE INDEX "file_usages_user_idx" ON "file_usages" USING btree ("tenant_id","used_by","used_by_id");--> statement-breakpoint
CREATE INDEX "files_list_idx" ON "files" USING btree ("tenant_id","created_at","id") WHERE "files"."status" = 'ready';--> statement-breakpoint
CREATE INDEX "files_of_owner_idx" ON "files" USING btree ("owner_id","created_at","id");--> statement-breakpoint
CREATE INDEX "files_expiry_idx" ON "files" USING btree ("expires_at") WHERE "files"."status" <> 'ready';--> statement-breakpoint
CREATE UNIQUE INDEX "stripe_coupons_terms_key" ON "stripe_coupons" USING btree ("tenant_id","coupon_id","account","basis","terms_key");--> statement-breakpoint
CREATE INDEX "stripe_coupons_check_idx" ON "stripe_coupons" USING btree ("check_at") WHERE "stripe_coupons"."check_at" is not null;--> statement-breakpoint
ALTER TABLE "subscriptions" ADD CONSTRAINT "subscriptions_stripe_coupon_fk" FOREIGN KEY ("tenant_id","stripe_coupon_id") REFERENCES "public"."stripe_coupons"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "payments_subscription_idx" ON "payments" USING btree ("tenant_id","subscription_id") WHERE "payments"."subscription_id" is not null;--> statement-breakpoint
ALTER TABLE "effects" ADD CONSTRAINT "effects_cause_type_check" CHECK ("effects"."cause_type" in ('payment', 'claim'));--> statement-breakpoint
ALTER TABLE "effects" ADD CONSTRAINT "effects_kind_check" CHECK ("effects"."kind" in ('stock', 'product', 'membership', 'period', 'coupon'));--> statement-breakpoint
ALTER TABLE "events" ADD CONSTRAINT "events_type_check" CHECK ("events"."type" in ('payment.succeeded', 'payment.failed', 'payment.expired', 'payment.refunded', 'membership.created', 'membership.updated', 'membership.canceled', 'product.created', 'product.updated', 'coupon.claimed', 'coupon.redeemed', 'coupon.released', 'coupon.paused', 'quest.completed', 'quest.claimed', 'referral.signup', 'referral.converted', 'referral.reversed', 'file.uploaded'));