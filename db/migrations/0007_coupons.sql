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
        and ("coupon_claims"."status" <> 'reserved' or "coupon_claims"."payment_id" is not null)
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
	"status" text NOT NULL,
	"requested" integer NOT NULL,
	"made" integer DEFAULT 0 NOT NULL,
	"failure" text,
	"created_at" timestamp (3) with time zone NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL,
	"finished_at" timestamp (3) with time zone,
	CONSTRAINT "code_batches_tenant_id_id_pk" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "code_batches_source_check" CHECK ("code_batches"."source" in ('pattern', 'import')),
	CONSTRAINT "code_batches_status_check" CHECK ("code_batches"."status" in ('queued', 'running', 'done', 'failed')),
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
	"active" boolean NOT NULL,
	"paused_at" timestamp (3) with time zone,
	"paused_reason" text,
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
ALTER TABLE "effects" DROP CONSTRAINT "effects_cause_type_check";--> statement-breakpoint
ALTER TABLE "effects" DROP CONSTRAINT "effects_kind_check";--> statement-breakpoint
ALTER TABLE "coupon_budget_uses" ADD CONSTRAINT "coupon_budget_uses_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "coupon_claims" ADD CONSTRAINT "coupon_claims_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "coupon_claims" ADD CONSTRAINT "coupon_claims_counter_fk" FOREIGN KEY ("tenant_id","coupon_id") REFERENCES "public"."coupon_counters"("tenant_id","coupon_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "coupon_claims" ADD CONSTRAINT "coupon_claims_payment_fk" FOREIGN KEY ("tenant_id","payment_id") REFERENCES "public"."payments"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "coupon_uses" ADD CONSTRAINT "coupon_uses_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "known_cards" ADD CONSTRAINT "known_cards_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "known_cards" ADD CONSTRAINT "known_cards_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "code_batches" ADD CONSTRAINT "code_batches_coupon_fk" FOREIGN KEY ("tenant_id","coupon_id") REFERENCES "public"."coupons"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "coupon_counters" ADD CONSTRAINT "coupon_counters_coupon_fk" FOREIGN KEY ("tenant_id","coupon_id") REFERENCES "public"."coupons"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "coupons" ADD CONSTRAINT "coupons_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "coupons" ADD CONSTRAINT "coupons_product_fk" FOREIGN KEY ("tenant_id","product_id") REFERENCES "public"."products"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "promotion_codes" ADD CONSTRAINT "promotion_codes_coupon_fk" FOREIGN KEY ("tenant_id","coupon_id") REFERENCES "public"."coupons"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "coupon_claims_code_key" ON "coupon_claims" USING btree ("tenant_id","code");--> statement-breakpoint
CREATE UNIQUE INDEX "coupon_claims_open_key" ON "coupon_claims" USING btree ("tenant_id","coupon_id","user_id") WHERE "coupon_claims"."status" = 'claimed';--> statement-breakpoint
CREATE UNIQUE INDEX "coupon_claims_payment_key" ON "coupon_claims" USING btree ("tenant_id","payment_id","coupon_id") WHERE "coupon_claims"."payment_id" is not null;--> statement-breakpoint
CREATE INDEX "coupon_claims_of_user_idx" ON "coupon_claims" USING btree ("user_id","claimed_at","id");--> statement-breakpoint
CREATE INDEX "coupon_claims_list_idx" ON "coupon_claims" USING btree ("tenant_id","claimed_at","id");--> statement-breakpoint
CREATE INDEX "coupon_claims_coupon_idx" ON "coupon_claims" USING btree ("tenant_id","coupon_id","claimed_at","id");--> statement-breakpoint
CREATE INDEX "coupon_claims_overdue_idx" ON "coupon_claims" USING btree ("expires_at") WHERE "coupon_claims"."status" = 'claimed';--> statement-breakpoint
CREATE INDEX "coupon_claims_overdue_of_coupon_idx" ON "coupon_claims" USING btree ("tenant_id","coupon_id","expires_at") WHERE "coupon_claims"."status" = 'claimed';--> statement-breakpoint
CREATE INDEX "code_batches_list_idx" ON "code_batches" USING btree ("tenant_id","coupon_id","created_at","id");--> statement-breakpoint
CREATE UNIQUE INDEX "coupons_external_id_key" ON "coupons" USING btree ("tenant_id","external_id");--> statement-breakpoint
CREATE INDEX "coupons_list_idx" ON "coupons" USING btree ("tenant_id","created_at","id");--> statement-breakpoint
CREATE INDEX "coupons_public_idx" ON "coupons" USING btree ("tenant_id","created_at","id") WHERE "coupons"."public" and "coupons"."active" and "coupons"."paused_at" is null and "coupons"."archived_at" is null;--> statement-breakpoint
CREATE UNIQUE INDEX "promotion_codes_code_key" ON "promotion_codes" USING btree ("tenant_id","code_key") WHERE "promotion_codes"."retired_at" is null;--> statement-breakpoint
CREATE INDEX "promotion_codes_coupon_idx" ON "promotion_codes" USING btree ("tenant_id","coupon_id","id");--> statement-breakpoint
CREATE INDEX "promotion_codes_batch_idx" ON "promotion_codes" USING btree ("tenant_id","batch_id","id");--> statement-breakpoint
ALTER TABLE "effects" ADD CONSTRAINT "effects_cause_type_check" CHECK ("effects"."cause_type" in ('payment', 'claim'));--> statement-breakpoint
ALTER TABLE "effects" ADD CONSTRAINT "effects_kind_check" CHECK ("effects"."kind" in ('stock', 'product', 'membership', 'period', 'coupon'));