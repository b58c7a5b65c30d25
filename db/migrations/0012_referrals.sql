CREATE TABLE "known_wallets" (
	"address" text NOT NULL,
	"user_id" uuid NOT NULL,
	"first_linked_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "known_wallets_user_id_address_pk" PRIMARY KEY("user_id","address")
);
--> statement-breakpoint
CREATE TABLE "referral_conversions" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"referral_id" uuid NOT NULL,
	"link_id" uuid NOT NULL,
	"referrer_id" uuid NOT NULL,
	"referred_id" uuid NOT NULL,
	"event" text NOT NULL,
	"status" text NOT NULL,
	"findings" jsonb NOT NULL,
	"external_id" text,
	"payment_id" uuid,
	"amount" bigint,
	"currency" text,
	"source" text NOT NULL,
	"decided_at" timestamp (3) with time zone,
	"decided_by" uuid,
	"reversed_at" timestamp (3) with time zone,
	"reversed_by" text,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "referral_conversions_tenant_id_id_pk" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "referral_conversions_event_check" CHECK ("referral_conversions"."event" in ('signup', 'purchase')),
	CONSTRAINT "referral_conversions_status_check" CHECK ("referral_conversions"."status" in ('counted', 'review', 'refused', 'rejected', 'reversed')),
	CONSTRAINT "referral_conversions_money_check" CHECK (num_nulls("referral_conversions"."amount", "referral_conversions"."currency") in (0, 2)),
	CONSTRAINT "referral_conversions_reversed_check" CHECK (("referral_conversions"."status" = 'reversed') = ("referral_conversions"."reversed_at" is not null))
);
--> statement-breakpoint
CREATE TABLE "referral_referrers" (
	"tenant_id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "referral_referrers_tenant_id_user_id_pk" PRIMARY KEY("tenant_id","user_id")
);
--> statement-breakpoint
CREATE TABLE "referral_rewards" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"referral_id" uuid NOT NULL,
	"conversion_id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"side" text NOT NULL,
	"milestone" integer DEFAULT 0 NOT NULL,
	"status" text NOT NULL,
	"gifts" jsonb NOT NULL,
	"points" bigint NOT NULL,
	"due_at" timestamp (3) with time zone NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"waits_for" text,
	"granted_at" timestamp (3) with time zone,
	"reversed_at" timestamp (3) with time zone,
	"reversed_by" text,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "referral_rewards_tenant_id_id_pk" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "referral_rewards_side_check" CHECK ("referral_rewards"."side" in ('referrer', 'referred')),
	CONSTRAINT "referral_rewards_status_check" CHECK ("referral_rewards"."status" in ('held', 'pending', 'granted', 'reversed', 'rejected')),
	CONSTRAINT "referral_rewards_state_check" CHECK (("referral_rewards"."status" <> 'granted' or "referral_rewards"."granted_at" is not null)
        and ("referral_rewards"."status" = 'reversed') = ("referral_rewards"."reversed_at" is not null))
);
--> statement-breakpoint
CREATE TABLE "referrals" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"link_id" uuid NOT NULL,
	"referrer_id" uuid NOT NULL,
	"referred_id" uuid NOT NULL,
	"status" text NOT NULL,
	"model" text NOT NULL,
	"window_days" integer NOT NULL,
	"touches" jsonb NOT NULL,
	"findings" jsonb NOT NULL,
	"external_id" text,
	"source" text NOT NULL,
	"decided_at" timestamp (3) with time zone,
	"decided_by" uuid,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "referrals_tenant_id_id_pk" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "referrals_status_check" CHECK ("referrals"."status" in ('attributed', 'review', 'refused', 'rejected')),
	CONSTRAINT "referrals_model_check" CHECK ("referrals"."model" in ('last_click', 'first_click'))
);
--> statement-breakpoint
CREATE TABLE "referral_campaigns" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"name" text NOT NULL,
	"landing_url" text,
	"starts_at" timestamp (3) with time zone,
	"ends_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "referral_campaigns_tenant_id_id_pk" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "referral_campaigns_span_check" CHECK ("referral_campaigns"."ends_at" > "referral_campaigns"."starts_at")
);
--> statement-breakpoint
CREATE TABLE "referral_clicks" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"link_id" uuid NOT NULL,
	"visitor_hash" text NOT NULL,
	"visitor_key" text,
	"hour_at" timestamp (3) with time zone NOT NULL,
	"is_unique" boolean NOT NULL,
	"source" text NOT NULL,
	"device" text NOT NULL,
	"country" text,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "referral_clicks_tenant_id_id_pk" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "referral_clicks_device_check" CHECK ("referral_clicks"."device" in ('desktop', 'mobile', 'tablet', 'other'))
);
--> statement-breakpoint
CREATE TABLE "referral_codes" (
	"tenant_id" uuid NOT NULL,
	"code" text NOT NULL,
	"link_id" uuid NOT NULL,
	"is_vanity" boolean NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "referral_codes_tenant_id_code_pk" PRIMARY KEY("tenant_id","code")
);
--> statement-breakpoint
CREATE TABLE "referral_links" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"campaign_id" uuid,
	"clicks" bigint DEFAULT 0 NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "referral_links_tenant_id_id_pk" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "referral_links_member_key" UNIQUE NULLS NOT DISTINCT("tenant_id","user_id","campaign_id"),
	CONSTRAINT "referral_links_clicks_check" CHECK ("referral_links"."clicks" >= 0)
);
--> statement-breakpoint
CREATE TABLE "referral_programmes" (
	"tenant_id" uuid PRIMARY KEY NOT NULL,
	"active" boolean NOT NULL,
	"landing_url" text,
	"offer" text,
	"attribution" text NOT NULL,
	"window_days" integer NOT NULL,
	"hold_days" integer NOT NULL,
	"converts_on" text NOT NULL,
	"minimum" jsonb,
	"referrer_rewards" jsonb NOT NULL,
	"referred_rewards" jsonb NOT NULL,
	"milestones" jsonb NOT NULL,
	"max_per_referrer" integer,
	"max_per_referrer_month" integer,
	"fraud_mode" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "referral_programmes_attribution_check" CHECK ("referral_programmes"."attribution" in ('last_click', 'first_click')),
	CONSTRAINT "referral_programmes_converts_on_check" CHECK ("referral_programmes"."converts_on" in ('signup', 'purchase')),
	CONSTRAINT "referral_programmes_fraud_mode_check" CHECK ("referral_programmes"."fraud_mode" in ('loose', 'strict')),
	CONSTRAINT "referral_programmes_days_check" CHECK ("referral_programmes"."window_days" between 1 and 365 and "referral_programmes"."hold_days" between 0 and 90)
);
--> statement-breakpoint
CREATE TABLE "referral_salts" (
	"day" date PRIMARY KEY NOT NULL,
	"salt" text NOT NULL
);
--> statement-breakpoint
ALTER TABLE "coupon_claims" DROP CONSTRAINT "coupon_claims_release_reason_check";--> statement-breakpoint
ALTER TABLE "effects" DROP CONSTRAINT "effects_cause_type_check";--> statement-breakpoint
ALTER TABLE "effects" DROP CONSTRAINT "effects_kind_check";--> statement-breakpoint
ALTER TABLE "known_wallets" ADD CONSTRAINT "known_wallets_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "referral_conversions" ADD CONSTRAINT "referral_conversions_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "referral_conversions" ADD CONSTRAINT "referral_conversions_referral_fk" FOREIGN KEY ("tenant_id","referral_id") REFERENCES "public"."referrals"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "referral_conversions" ADD CONSTRAINT "referral_conversions_payment_fk" FOREIGN KEY ("tenant_id","payment_id") REFERENCES "public"."payments"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "referral_referrers" ADD CONSTRAINT "referral_referrers_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "referral_referrers" ADD CONSTRAINT "referral_referrers_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "referral_rewards" ADD CONSTRAINT "referral_rewards_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "referral_rewards" ADD CONSTRAINT "referral_rewards_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "referral_rewards" ADD CONSTRAINT "referral_rewards_referral_fk" FOREIGN KEY ("tenant_id","referral_id") REFERENCES "public"."referrals"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "referral_rewards" ADD CONSTRAINT "referral_rewards_conversion_fk" FOREIGN KEY ("tenant_id","conversion_id") REFERENCES "public"."referral_conversions"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "referrals" ADD CONSTRAINT "referrals_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "referrals" ADD CONSTRAINT "referrals_referrer_id_users_id_fk" FOREIGN KEY ("referrer_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "referrals" ADD CONSTRAINT "referrals_referred_id_users_id_fk" FOREIGN KEY ("referred_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "referrals" ADD CONSTRAINT "referrals_link_fk" FOREIGN KEY ("tenant_id","link_id") REFERENCES "public"."referral_links"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "referral_campaigns" ADD CONSTRAINT "referral_campaigns_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "referral_clicks" ADD CONSTRAINT "referral_clicks_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "referral_clicks" ADD CONSTRAINT "referral_clicks_link_fk" FOREIGN KEY ("tenant_id","link_id") REFERENCES "public"."referral_links"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "referral_codes" ADD CONSTRAINT "referral_codes_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "referral_codes" ADD CONSTRAINT "referral_codes_link_fk" FOREIGN KEY ("tenant_id","link_id") REFERENCES "public"."referral_links"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "referral_links" ADD CONSTRAINT "referral_links_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "referral_links" ADD CONSTRAINT "referral_links_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "referral_links" ADD CONSTRAINT "referral_links_campaign_fk" FOREIGN KEY ("tenant_id","campaign_id") REFERENCES "public"."referral_campaigns"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "referral_programmes" ADD CONSTRAINT "referral_programmes_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "referral_conversions_external_key" ON "referral_conversions" USING btree ("tenant_id","external_id") WHERE "referral_conversions"."external_id" is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "referral_conversions_payment_key" ON "referral_conversions" USING btree ("tenant_id","payment_id") WHERE "referral_conversions"."payment_id" is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "referral_conversions_signup_key" ON "referral_conversions" USING btree ("tenant_id","referral_id") WHERE "referral_conversions"."event" = 'signup';--> statement-breakpoint
CREATE INDEX "referral_conversions_list_idx" ON "referral_conversions" USING btree ("tenant_id","created_at","id");--> statement-breakpoint
CREATE INDEX "referral_conversions_referral_idx" ON "referral_conversions" USING btree ("tenant_id","referral_id","created_at");--> statement-breakpoint
CREATE INDEX "referral_conversions_referrer_idx" ON "referral_conversions" USING btree ("tenant_id","referrer_id","created_at");--> statement-breakpoint
CREATE INDEX "referral_conversions_link_idx" ON "referral_conversions" USING btree ("tenant_id","link_id","status");--> statement-breakpoint
CREATE UNIQUE INDEX "referral_rewards_once_key" ON "referral_rewards" USING btree ("tenant_id","referral_id","side") WHERE "referral_rewards"."milestone" = 0 and "referral_rewards"."status" in ('held', 'pending', 'granted');--> statement-breakpoint
CREATE UNIQUE INDEX "referral_rewards_milestone_key" ON "referral_rewards" USING btree ("tenant_id","user_id","milestone") WHERE "referral_rewards"."milestone" > 0 and "referral_rewards"."status" in ('held', 'pending', 'granted');--> statement-breakpoint
CREATE INDEX "referral_rewards_due_idx" ON "referral_rewards" USING btree ("due_at") WHERE "referral_rewards"."status" = 'pending';--> statement-breakpoint
CREATE INDEX "referral_rewards_conversion_idx" ON "referral_rewards" USING btree ("tenant_id","conversion_id");--> statement-breakpoint
CREATE INDEX "referral_rewards_of_user_idx" ON "referral_rewards" USING btree ("user_id","created_at","id");--> statement-breakpoint
CREATE INDEX "referral_rewards_member_idx" ON "referral_rewards" USING btree ("tenant_id","user_id","status");--> statement-breakpoint
CREATE UNIQUE INDEX "referrals_referred_key" ON "referrals" USING btree ("tenant_id","referred_id") WHERE "referrals"."status" <> 'refused';--> statement-breakpoint
CREATE UNIQUE INDEX "referrals_refused_key" ON "referrals" USING btree ("tenant_id","referred_id","link_id") WHERE "referrals"."status" = 'refused';--> statement-breakpoint
CREATE UNIQUE INDEX "referrals_external_key" ON "referrals" USING btree ("tenant_id","external_id") WHERE "referrals"."external_id" is not null;--> statement-breakpoint
CREATE INDEX "referrals_referrer_idx" ON "referrals" USING btree ("tenant_id","referrer_id","created_at");--> statement-breakpoint
CREATE INDEX "referrals_link_idx" ON "referrals" USING btree ("tenant_id","link_id","status");--> statement-breakpoint
CREATE INDEX "referrals_age_idx" ON "referrals" USING btree ("tenant_id","created_at");--> statement-breakpoint
CREATE INDEX "referral_campaigns_list_idx" ON "referral_campaigns" USING btree ("tenant_id","created_at","id");--> statement-breakpoint
CREATE UNIQUE INDEX "referral_clicks_visitor_key" ON "referral_clicks" USING btree ("tenant_id","visitor_hash","hour_at","link_id");--> statement-breakpoint
CREATE INDEX "referral_clicks_key_idx" ON "referral_clicks" USING btree ("tenant_id","visitor_key","created_at") WHERE "referral_clicks"."visitor_key" is not null;--> statement-breakpoint
CREATE INDEX "referral_clicks_link_idx" ON "referral_clicks" USING btree ("tenant_id","link_id","created_at");--> statement-breakpoint
CREATE INDEX "referral_clicks_age_idx" ON "referral_clicks" USING btree ("tenant_id","created_at");--> statement-breakpoint
CREATE UNIQUE INDEX "referral_codes_code_key" ON "referral_codes" USING btree ("code");--> statement-breakpoint
CREATE UNIQUE INDEX "referral_codes_link_key" ON "referral_codes" USING btree ("tenant_id","link_id","is_vanity");--> statement-breakpoint
CREATE INDEX "referral_links_of_user_idx" ON "referral_links" USING btree ("user_id","id");--> statement-breakpoint
ALTER TABLE "coupon_claims" ADD CONSTRAINT "coupon_claims_release_reason_check" CHECK ("coupon_claims"."release_reason" in ('holder', 'staff', 'expired', 'payment', 'refund', 'rollback', 'quest', 'referral'));--> statement-breakpoint
ALTER TABLE "effects" ADD CONSTRAINT "effects_cause_type_check" CHECK ("effects"."cause_type" in ('payment', 'claim', 'quest', 'purchase', 'referral'));--> statement-breakpoint
ALTER TABLE "effects" ADD CONSTRAINT "effects_kind_check" CHECK ("effects"."kind" in ('stock', 'product', 'membership', 'period', 'coupon', 'conversion', 'progress', 'tier', 'points'));--> statement-breakpoint
INSERT INTO "known_wallets" SELECT "address", "user_id", "linked_at" FROM "wallets";
