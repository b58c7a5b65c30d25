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
);--> statement-breakpoint
ALTER TABLE "coupon_claims" DROP CONSTRAINT "coupon_claims_state_check";--> statement-breakpoint
ALTER TABLE "code_batches" DROP CONSTRAINT "code_batches_status_check";--> statement-breakpoint
ALTER TABLE "events" DROP CONSTRAINT "events_type_check";--> statement-breakpoint
ALTER TABLE "coupon_claims" ADD COLUMN "subscription_id" uuid;--> statement-breakpoint
ALTER TABLE "code_batches" ADD COLUMN "charset" text;--> statement-breakpoint
ALTER TABLE "coupons" ADD COLUMN "auto_pause" jsonb;--> statement-breakpoint
ALTER TABLE "coupons" ADD COLUMN "paused_rate" integer;--> statement-breakpoint
ALTER TABLE "coupons" ADD COLUMN "resumed_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "subscriptions" ADD COLUMN "stripe_coupon_id" uuid;--> statement-breakpoint
ALTER TABLE "stripe_coupons" ADD CONSTRAINT "stripe_coupons_coupon_fk" FOREIGN KEY ("tenant_id","coupon_id") REFERENCES "public"."coupons"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "stripe_coupons_terms_key" ON "stripe_coupons" USING btree ("tenant_id","coupon_id","account","basis","terms_key");--> statement-breakpoint
CREATE INDEX "stripe_coupons_check_idx" ON "stripe_coupons" USING btree ("check_at") WHERE "stripe_coupons"."check_at" is not null;--> statement-breakpoint
ALTER TABLE "coupon_claims" ADD CONSTRAINT "coupon_claims_subscription_fk" FOREIGN KEY ("tenant_id","subscription_id") REFERENCES "public"."subscriptions"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "subscriptions" ADD CONSTRAINT "subscriptions_stripe_coupon_fk" FOREIGN KEY ("tenant_id","stripe_coupon_id") REFERENCES "public"."stripe_coupons"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "coupon_claims_subscription_key" ON "coupon_claims" USING btree ("tenant_id","subscription_id") WHERE "coupon_claims"."subscription_id" is not null;--> statement-breakpoint
CREATE INDEX "coupon_claims_redeemed_idx" ON "coupon_claims" USING btree ("tenant_id","coupon_id","redeemed_at") WHERE "coupon_claims"."redeemed_at" is not null;--> statement-breakpoint
CREATE INDEX "coupon_claims_recent_idx" ON "coupon_claims" USING btree ("redeemed_at","tenant_id","coupon_id") WHERE "coupon_claims"."redeemed_at" is not null;--> statement-breakpoint
CREATE INDEX "coupon_claims_released_idx" ON "coupon_claims" USING btree ("tenant_id","coupon_id","released_at") WHERE "coupon_claims"."released_at" is not null;--> statement-breakpoint
CREATE INDEX "coupon_claims_held_idx" ON "coupon_claims" USING btree ("tenant_id","coupon_id","subscription_id") WHERE "coupon_claims"."subscription_id" is not null;--> statement-breakpoint
CREATE INDEX "code_batches_open_idx" ON "code_batches" USING btree ("updated_at") WHERE "code_batches"."status" in ('queued', 'running');--> statement-breakpoint
CREATE INDEX "payments_subscription_idx" ON "payments" USING btree ("tenant_id","subscription_id") WHERE "payments"."subscription_id" is not null;--> statement-breakpoint
ALTER TABLE "code_batches" DROP COLUMN "failure";--> statement-breakpoint
ALTER TABLE "coupon_claims" ADD CONSTRAINT "coupon_claims_state_check" CHECK (("coupon_claims"."status" in ('released', 'expired')) = ("coupon_claims"."released_at" is not null)
        and ("coupon_claims"."status" <> 'claimed' or "coupon_claims"."expires_at" is not null)
        and ("coupon_claims"."status" <> 'reserved' or coalesce("coupon_claims"."payment_id", "coupon_claims"."subscription_id") is not null)
        and ("coupon_claims"."status" <> 'redeemed' or "coupon_claims"."redeemed_at" is not null));--> statement-breakpoint
ALTER TABLE "code_batches" ADD CONSTRAINT "code_batches_status_check" CHECK ("code_batches"."status" in ('queued', 'running', 'done', 'revoked'));--> statement-breakpoint
ALTER TABLE "events" ADD CONSTRAINT "events_type_check" CHECK ("events"."type" in ('payment.succeeded', 'payment.failed', 'payment.expired', 'payment.refunded', 'membership.created', 'membership.updated', 'membership.canceled', 'product.created', 'product.updated', 'coupon.claimed', 'coupon.redeemed', 'coupon.released', 'coupon.paused', 'quest.completed', 'quest.claimed', 'referral.signup', 'referral.converted', 'referral.reversed', 'file.uploaded'));
