CREATE TABLE "effects" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"cause_type" text NOT NULL,
	"cause_id" uuid NOT NULL,
	"kind" text NOT NULL,
	"target_id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"quantity" bigint NOT NULL,
	"given_at" timestamp (3) with time zone NOT NULL,
	"taken_back_at" timestamp (3) with time zone,
	"taken_back_by" text,
	CONSTRAINT "effects_tenant_id_id_pk" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "effects_cause_key" UNIQUE("tenant_id","cause_type","cause_id","kind","target_id"),
	CONSTRAINT "effects_cause_type_check" CHECK ("effects"."cause_type" in ('payment')),
	CONSTRAINT "effects_kind_check" CHECK ("effects"."kind" in ('stock', 'product', 'membership', 'period'))
);
--> statement-breakpoint
CREATE TABLE "disputes" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"payment_id" uuid NOT NULL,
	"card_dispute_id" text NOT NULL,
	"amount" bigint NOT NULL,
	"currency" text NOT NULL,
	"reason" text NOT NULL,
	"status" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "disputes_tenant_id_id_pk" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "disputes_card_dispute_key" UNIQUE("tenant_id","card_dispute_id")
);
--> statement-breakpoint
CREATE TABLE "payments" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"tracking_id" text NOT NULL,
	"user_id" uuid NOT NULL,
	"store_id" uuid,
	"kind" text NOT NULL,
	"status" text NOT NULL,
	"method" text NOT NULL,
	"provider" text NOT NULL,
	"subtotal" bigint NOT NULL,
	"discount" bigint NOT NULL,
	"amount" bigint NOT NULL,
	"refund_reserved" bigint DEFAULT 0 NOT NULL,
	"refunded_amount" bigint DEFAULT 0 NOT NULL,
	"currency" text NOT NULL,
	"items" jsonb NOT NULL,
	"coupon" jsonb,
	"metadata" jsonb NOT NULL,
	"once_key" text,
	"account" text,
	"intent_id" text,
	"invoice_id" text,
	"subscription_id" uuid,
	"failure_code" text,
	"failure_message" text,
	"version" integer DEFAULT 0 NOT NULL,
	"check_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL,
	"expires_at" timestamp (3) with time zone,
	"succeeded_at" timestamp (3) with time zone,
	"closed_at" timestamp (3) with time zone,
	CONSTRAINT "payments_tenant_id_id_pk" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "payments_kind_check" CHECK ("payments"."kind" in ('purchase', 'membership', 'subscription')),
	CONSTRAINT "payments_status_check" CHECK ("payments"."status" in ('pending', 'requires_action', 'processing', 'succeeded', 'failed', 'canceled', 'expired')),
	CONSTRAINT "payments_method_check" CHECK ("payments"."method" in ('card', 'crypto')),
	CONSTRAINT "payments_provider_check" CHECK ("payments"."provider" in ('stripe', 'none')),
	CONSTRAINT "payments_amount_check" CHECK ("payments"."amount" >= 0 and "payments"."amount" = "payments"."subtotal" - "payments"."discount"),
	CONSTRAINT "payments_refund_check" CHECK (0 <= "payments"."refunded_amount" and "payments"."refunded_amount" <= "payments"."refund_reserved" and "payments"."refund_reserved" <= "payments"."amount")
);
--> statement-breakpoint
CREATE TABLE "refunds" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"payment_id" uuid NOT NULL,
	"amount" bigint NOT NULL,
	"currency" text NOT NULL,
	"status" text NOT NULL,
	"reason" text,
	"asked_by" uuid,
	"once_key" text,
	"card_refund_id" text,
	"failure_reason" text,
	"check_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "refunds_tenant_id_id_pk" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "refunds_card_refund_key" UNIQUE("tenant_id","card_refund_id"),
	CONSTRAINT "refunds_status_check" CHECK ("refunds"."status" in ('requested', 'declined', 'pending', 'requires_action', 'succeeded', 'failed', 'canceled')),
	CONSTRAINT "refunds_amount_check" CHECK ("refunds"."amount" > 0)
);
--> statement-breakpoint
CREATE TABLE "stripe_events" (
	"event_id" text PRIMARY KEY NOT NULL,
	"id" uuid NOT NULL,
	"account" text,
	"type" text NOT NULL,
	"livemode" boolean NOT NULL,
	"payload" jsonb NOT NULL,
	"status" text NOT NULL,
	"attempts" integer NOT NULL,
	"error" text,
	"created_at" timestamp (3) with time zone NOT NULL,
	"received_at" timestamp (3) with time zone NOT NULL,
	"processed_at" timestamp (3) with time zone,
	"retry_at" timestamp (3) with time zone,
	CONSTRAINT "stripe_events_id_key" UNIQUE("id"),
	CONSTRAINT "stripe_events_status_check" CHECK ("stripe_events"."status" in ('pending', 'succeeded', 'ignored', 'failed'))
);
--> statement-breakpoint
CREATE TABLE "stripe_readings" (
	"account" text PRIMARY KEY NOT NULL,
	"read_until" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "stripe_customers" (
	"tenant_id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"account" text NOT NULL,
	"customer_id" text NOT NULL,
	CONSTRAINT "stripe_customers_tenant_id_user_id_account_pk" PRIMARY KEY("tenant_id","user_id","account")
);
--> statement-breakpoint
CREATE TABLE "stripe_prices" (
	"tenant_id" uuid NOT NULL,
	"price_id" text NOT NULL,
	"tier_id" uuid NOT NULL,
	"account" text NOT NULL,
	"amount" bigint NOT NULL,
	"currency" text NOT NULL,
	"interval" text NOT NULL,
	CONSTRAINT "stripe_prices_tenant_id_price_id_pk" PRIMARY KEY("tenant_id","price_id"),
	CONSTRAINT "stripe_prices_terms_key" UNIQUE("tenant_id","tier_id","account","amount","currency","interval"),
	CONSTRAINT "stripe_prices_interval_check" CHECK ("stripe_prices"."interval" in ('month', 'year', 'one_time'))
);
--> statement-breakpoint
CREATE TABLE "subscriptions" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"tier_id" uuid NOT NULL,
	"pending_tier_id" uuid,
	"account" text,
	"card_subscription_id" text,
	"price_id" text,
	"trial_days" integer NOT NULL,
	"status" text NOT NULL,
	"current_period_start" timestamp (3) with time zone,
	"current_period_end" timestamp (3) with time zone,
	"trial_end" timestamp (3) with time zone,
	"cancel_at_period_end" boolean DEFAULT false NOT NULL,
	"canceled_at" timestamp (3) with time zone,
	"ended_at" timestamp (3) with time zone,
	"once_key" text,
	"version" integer DEFAULT 0 NOT NULL,
	"check_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "subscriptions_tenant_id_id_pk" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "subscriptions_card_subscription_key" UNIQUE("tenant_id","card_subscription_id"),
	CONSTRAINT "subscriptions_status_check" CHECK ("subscriptions"."status" in ('incomplete', 'incomplete_expired', 'trialing', 'active', 'past_due', 'canceled', 'unpaid', 'paused'))
);
--> statement-breakpoint
DROP INDEX "memberships_expiry_idx";--> statement-breakpoint
ALTER TABLE "idempotent_answers" ALTER COLUMN "status_code" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "idempotent_answers" ALTER COLUMN "body" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "memberships" ADD COLUMN "ends_at" timestamp (3) with time zone;--> statement-breakpoint
UPDATE "memberships" SET "ends_at" = "expires_at" WHERE "expires_at" IS NOT NULL;--> statement-breakpoint
ALTER TABLE "tenants" ADD COLUMN "stripe_account_id" text;--> statement-breakpoint
ALTER TABLE "tenants" ADD COLUMN "grace_days" integer DEFAULT 7 NOT NULL;--> statement-breakpoint
ALTER TABLE "effects" ADD CONSTRAINT "effects_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "disputes" ADD CONSTRAINT "disputes_payment_fk" FOREIGN KEY ("tenant_id","payment_id") REFERENCES "public"."payments"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "payments" ADD CONSTRAINT "payments_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "payments" ADD CONSTRAINT "payments_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "payments" ADD CONSTRAINT "payments_store_fk" FOREIGN KEY ("tenant_id","store_id") REFERENCES "public"."stores"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "refunds" ADD CONSTRAINT "refunds_payment_fk" FOREIGN KEY ("tenant_id","payment_id") REFERENCES "public"."payments"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "stripe_customers" ADD CONSTRAINT "stripe_customers_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "stripe_customers" ADD CONSTRAINT "stripe_customers_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "stripe_prices" ADD CONSTRAINT "stripe_prices_tier_fk" FOREIGN KEY ("tenant_id","tier_id") REFERENCES "public"."tiers"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "subscriptions" ADD CONSTRAINT "subscriptions_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "subscriptions" ADD CONSTRAINT "subscriptions_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "subscriptions" ADD CONSTRAINT "subscriptions_tier_fk" FOREIGN KEY ("tenant_id","tier_id") REFERENCES "public"."tiers"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "effects_target_idx" ON "effects" USING btree ("tenant_id","target_id") WHERE "effects"."taken_back_at" is null;--> statement-breakpoint
CREATE INDEX "disputes_list_idx" ON "disputes" USING btree ("tenant_id","created_at","id");--> statement-breakpoint
CREATE UNIQUE INDEX "payments_tracking_key" ON "payments" USING btree ("tenant_id","tracking_id");--> statement-breakpoint
CREATE UNIQUE INDEX "payments_once_key" ON "payments" USING btree ("tenant_id","once_key") WHERE "payments"."once_key" is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "payments_invoice_key" ON "payments" USING btree ("tenant_id","invoice_id") WHERE "payments"."invoice_id" is not null;--> statement-breakpoint
CREATE INDEX "payments_id_idx" ON "payments" USING btree ("id");--> statement-breakpoint
CREATE INDEX "payments_intent_idx" ON "payments" USING btree ("intent_id");--> statement-breakpoint
CREATE INDEX "payments_of_user_idx" ON "payments" USING btree ("user_id","created_at","id");--> statement-breakpoint
CREATE INDEX "payments_list_idx" ON "payments" USING btree ("tenant_id","created_at","id");--> statement-breakpoint
CREATE INDEX "payments_check_idx" ON "payments" USING btree ("check_at") WHERE "payments"."check_at" is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "refunds_once_key" ON "refunds" USING btree ("tenant_id","once_key") WHERE "refunds"."once_key" is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "refunds_requested_key" ON "refunds" USING btree ("tenant_id","payment_id") WHERE "refunds"."status" = 'requested';--> statement-breakpoint
CREATE INDEX "refunds_id_idx" ON "refunds" USING btree ("id");--> statement-breakpoint
CREATE INDEX "refunds_of_payment_idx" ON "refunds" USING btree ("tenant_id","payment_id");--> statement-breakpoint
CREATE INDEX "refunds_list_idx" ON "refunds" USING btree ("tenant_id","created_at","id");--> statement-breakpoint
CREATE INDEX "refunds_check_idx" ON "refunds" USING btree ("check_at") WHERE "refunds"."check_at" is not null;--> statement-breakpoint
CREATE INDEX "stripe_events_list_idx" ON "stripe_events" USING btree ("received_at","id");--> statement-breakpoint
CREATE INDEX "stripe_events_retry_idx" ON "stripe_events" USING btree ("retry_at") WHERE "stripe_events"."retry_at" is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "subscriptions_once_key" ON "subscriptions" USING btree ("tenant_id","once_key") WHERE "subscriptions"."once_key" is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "subscriptions_running_key" ON "subscriptions" USING btree ("tenant_id","user_id") WHERE "subscriptions"."status" not in ('canceled', 'incomplete_expired');--> statement-breakpoint
CREATE INDEX "subscriptions_id_idx" ON "subscriptions" USING btree ("id");--> statement-breakpoint
CREATE INDEX "subscriptions_card_idx" ON "subscriptions" USING btree ("card_subscription_id");--> statement-breakpoint
CREATE INDEX "subscriptions_check_idx" ON "subscriptions" USING btree ("check_at") WHERE "subscriptions"."check_at" is not null;--> statement-breakpoint
CREATE INDEX "memberships_end_idx" ON "memberships" USING btree ("ends_at") WHERE "memberships"."status" in ('trialing', 'active', 'past_due');--> statement-breakpoint
CREATE UNIQUE INDEX "tenants_stripe_account_key" ON "tenants" USING btree ("stripe_account_id");