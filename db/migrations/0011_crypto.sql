CREATE TABLE "chain_blocks" (
	"chain_id" integer NOT NULL,
	"number" bigint NOT NULL,
	"hash" text NOT NULL,
	CONSTRAINT "chain_blocks_chain_id_number_pk" PRIMARY KEY("chain_id","number")
);
--> statement-breakpoint
CREATE TABLE "chain_cursors" (
	"chain_id" integer PRIMARY KEY NOT NULL,
	"block_number" bigint NOT NULL,
	"block_hash" text NOT NULL,
	"synced_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "spent_transfers" (
	"chain_id" integer NOT NULL,
	"tx_hash" text NOT NULL,
	"log_index" integer NOT NULL,
	"payment_id" uuid NOT NULL,
	CONSTRAINT "spent_transfers_chain_id_tx_hash_log_index_pk" PRIMARY KEY("chain_id","tx_hash","log_index")
);
--> statement-breakpoint
CREATE TABLE "crypto_payments" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"chain_id" integer NOT NULL,
	"asset" text NOT NULL,
	"contract" text,
	"decimals" integer NOT NULL,
	"address" text NOT NULL,
	"account_kind" text NOT NULL,
	"key_index" integer,
	"pay_units" numeric(78, 0) NOT NULL,
	"paid_units" numeric(78, 0) NOT NULL,
	"confirmed_units" numeric(78, 0) NOT NULL,
	"rate" text NOT NULL,
	"rate_source" text NOT NULL,
	"tolerance_bps" integer NOT NULL,
	"policies" jsonb NOT NULL,
	"required_confirmations" integer NOT NULL,
	"status" text NOT NULL,
	"additional_status" text NOT NULL,
	"is_marked" boolean NOT NULL,
	"is_late_taken" boolean,
	"owed_units" numeric(78, 0) NOT NULL,
	"owed_as" text,
	"returned_units" numeric(78, 0) NOT NULL,
	"is_watched" boolean NOT NULL,
	"check_block" bigint,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"monitor_until" timestamp (3) with time zone NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "crypto_payments_tenant_id_id_pk" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "crypto_payments_kind_check" CHECK ("crypto_payments"."account_kind" in ('xpub', 'address')),
	CONSTRAINT "crypto_payments_status_check" CHECK ("crypto_payments"."status" in ('new', 'processing', 'settled', 'expired', 'invalid')),
	CONSTRAINT "crypto_payments_additional_check" CHECK ("crypto_payments"."additional_status" in ('none', 'partial', 'late', 'over', 'marked')),
	CONSTRAINT "crypto_payments_owed_check" CHECK ("crypto_payments"."owed_as" in ('credit', 'refund')),
	CONSTRAINT "crypto_payments_sums_check" CHECK ("crypto_payments"."pay_units" > 0 and "crypto_payments"."confirmed_units" >= 0 and "crypto_payments"."paid_units" >= "crypto_payments"."confirmed_units")
);
--> statement-breakpoint
CREATE TABLE "crypto_quotes" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"asset" jsonb NOT NULL,
	"pay_units" numeric(78, 0) NOT NULL,
	"rate" text NOT NULL,
	"rate_source" text NOT NULL,
	"rate_at" timestamp (3) with time zone NOT NULL,
	"subtotal" bigint NOT NULL,
	"discount" bigint NOT NULL,
	"amount" bigint NOT NULL,
	"currency" text NOT NULL,
	"order" jsonb NOT NULL,
	"payment_id" uuid,
	"created_at" timestamp (3) with time zone NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "crypto_quotes_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
);
--> statement-breakpoint
CREATE TABLE "crypto_refunds" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"payment_id" uuid NOT NULL,
	"refund_id" uuid,
	"chain_id" integer NOT NULL,
	"tx_hash" text NOT NULL,
	"log_index" integer NOT NULL,
	"destination" text NOT NULL,
	"units" numeric(78, 0) NOT NULL,
	"recorded_by" uuid,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "crypto_refunds_tenant_id_id_pk" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "crypto_refunds_chain_key" UNIQUE("tenant_id","chain_id","tx_hash","log_index"),
	CONSTRAINT "crypto_refunds_refund_key" UNIQUE("tenant_id","refund_id")
);
--> statement-breakpoint
CREATE TABLE "crypto_settings" (
	"tenant_id" uuid PRIMARY KEY NOT NULL,
	"account_kind" text,
	"xpub" text,
	"address" text,
	"assets" jsonb NOT NULL,
	"tolerance_bps" integer NOT NULL,
	"expiry_minutes" integer NOT NULL,
	"monitoring_minutes" integer NOT NULL,
	"policies" jsonb NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "crypto_settings_kind_check" CHECK ("crypto_settings"."account_kind" in ('xpub', 'address')),
	CONSTRAINT "crypto_settings_account_check" CHECK (coalesce("crypto_settings"."account_kind", '') = case when "crypto_settings"."xpub" is not null then 'xpub' when "crypto_settings"."address" is not null then 'address' else '' end)
);
--> statement-breakpoint
CREATE TABLE "crypto_timeline" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"payment_id" uuid NOT NULL,
	"kind" text NOT NULL,
	"data" jsonb NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "crypto_timeline_tenant_id_id_pk" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "crypto_timeline_kind_check" CHECK ("crypto_timeline"."kind" in ('created', 'seen', 'wrong_asset', 'processing', 'settled', 'expired', 'canceled', 'invalid', 'reversed', 'marked', 'late_refused', 'refunded'))
);
--> statement-breakpoint
CREATE TABLE "crypto_transfers" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"payment_id" uuid,
	"chain_id" integer NOT NULL,
	"tx_hash" text NOT NULL,
	"log_index" integer NOT NULL,
	"block_number" bigint NOT NULL,
	"block_hash" text NOT NULL,
	"block_at" timestamp (3) with time zone NOT NULL,
	"from" text NOT NULL,
	"to" text NOT NULL,
	"contract" text,
	"units" numeric(78, 0) NOT NULL,
	"verdict" text NOT NULL,
	"reversed_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "crypto_transfers_tenant_id_id_pk" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "crypto_transfers_chain_key" UNIQUE("tenant_id","chain_id","tx_hash","log_index"),
	CONSTRAINT "crypto_transfers_verdict_check" CHECK ("crypto_transfers"."verdict" in ('credited', 'wrong_asset', 'unmatched')),
	CONSTRAINT "crypto_transfers_units_check" CHECK ("crypto_transfers"."units" >= 0),
	CONSTRAINT "crypto_transfers_case_check" CHECK ("crypto_transfers"."tx_hash" = lower("crypto_transfers"."tx_hash"))
);
--> statement-breakpoint
CREATE TABLE "receiving_keys" (
	"id" text PRIMARY KEY NOT NULL,
	"next_index" integer NOT NULL
);
--> statement-breakpoint
ALTER TABLE "events" DROP CONSTRAINT "events_type_check";--> statement-breakpoint
ALTER TABLE "payments" DROP CONSTRAINT "payments_provider_check";--> statement-breakpoint
ALTER TABLE "payments" ADD COLUMN "crypto" jsonb;--> statement-breakpoint
ALTER TABLE "crypto_payments" ADD CONSTRAINT "crypto_payments_payment_fk" FOREIGN KEY ("tenant_id","id") REFERENCES "public"."payments"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "crypto_quotes" ADD CONSTRAINT "crypto_quotes_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "crypto_quotes" ADD CONSTRAINT "crypto_quotes_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "crypto_refunds" ADD CONSTRAINT "crypto_refunds_payment_fk" FOREIGN KEY ("tenant_id","payment_id") REFERENCES "public"."crypto_payments"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "crypto_refunds" ADD CONSTRAINT "crypto_refunds_refund_fk" FOREIGN KEY ("tenant_id","refund_id") REFERENCES "public"."refunds"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "crypto_settings" ADD CONSTRAINT "crypto_settings_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "crypto_timeline" ADD CONSTRAINT "crypto_timeline_payment_fk" FOREIGN KEY ("tenant_id","payment_id") REFERENCES "public"."crypto_payments"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "crypto_transfers" ADD CONSTRAINT "crypto_transfers_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "crypto_transfers" ADD CONSTRAINT "crypto_transfers_payment_fk" FOREIGN KEY ("tenant_id","payment_id") REFERENCES "public"."crypto_payments"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "crypto_payments_amount_key" ON "crypto_payments" USING btree ("tenant_id","chain_id","address",coalesce("contract", ''),"pay_units") WHERE "crypto_payments"."is_watched";--> statement-breakpoint
CREATE INDEX "crypto_payments_watch_idx" ON "crypto_payments" USING btree ("chain_id","address") WHERE "crypto_payments"."is_watched";--> statement-breakpoint
CREATE INDEX "crypto_payments_due_idx" ON "crypto_payments" USING btree ("chain_id","check_block") WHERE "crypto_payments"."check_block" is not null;--> statement-breakpoint
CREATE INDEX "crypto_payments_monitor_idx" ON "crypto_payments" USING btree ("monitor_until") WHERE "crypto_payments"."is_watched";--> statement-breakpoint
CREATE INDEX "crypto_quotes_id_idx" ON "crypto_quotes" USING btree ("id");--> statement-breakpoint
CREATE INDEX "crypto_quotes_age_idx" ON "crypto_quotes" USING btree ("created_at");--> statement-breakpoint
CREATE INDEX "crypto_refunds_of_payment_idx" ON "crypto_refunds" USING btree ("tenant_id","payment_id");--> statement-breakpoint
CREATE INDEX "crypto_settings_address_idx" ON "crypto_settings" USING btree ("address") WHERE "crypto_settings"."address" is not null;--> statement-breakpoint
CREATE INDEX "crypto_timeline_of_payment_idx" ON "crypto_timeline" USING btree ("tenant_id","payment_id");--> statement-breakpoint
CREATE INDEX "crypto_transfers_of_payment_idx" ON "crypto_transfers" USING btree ("tenant_id","payment_id");--> statement-breakpoint
CREATE INDEX "crypto_transfers_list_idx" ON "crypto_transfers" USING btree ("tenant_id","created_at","id");--> statement-breakpoint
CREATE INDEX "crypto_transfers_block_idx" ON "crypto_transfers" USING btree ("chain_id","block_number");--> statement-breakpoint
ALTER TABLE "events" ADD CONSTRAINT "events_type_check" CHECK ("events"."type" in ('payment.succeeded', 'payment.failed', 'payment.expired', 'payment.refunded', 'payment.reversed', 'membership.created', 'membership.updated', 'membership.canceled', 'product.created', 'product.updated', 'coupon.claimed', 'coupon.redeemed', 'coupon.released', 'coupon.paused', 'quest.completed', 'quest.claimed', 'referral.signup', 'referral.converted', 'referral.reversed', 'file.uploaded'));--> statement-breakpoint
ALTER TABLE "payments" ADD CONSTRAINT "payments_provider_check" CHECK ("payments"."provider" in ('stripe', 'crypto', 'none'));