DROP INDEX "referral_codes_link_key";--> statement-breakpoint
ALTER TABLE "referral_codes" ADD COLUMN "released_at" timestamp (3) with time zone;--> statement-breakpoint
CREATE UNIQUE INDEX "referral_codes_current_key" ON "referral_codes" USING btree ("tenant_id","link_id","is_vanity") WHERE "referral_codes"."released_at" is null;--> statement-breakpoint
CREATE INDEX "referral_codes_of_link_idx" ON "referral_codes" USING btree ("tenant_id","link_id");--> statement-breakpoint
ALTER TABLE "referral_codes" ADD CONSTRAINT "referral_codes_released_check" CHECK ("referral_codes"."is_vanity" or "referral_codes"."released_at" is null);