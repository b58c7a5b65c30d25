DROP INDEX "coupon_claims_overdue_idx";--> statement-breakpoint
DROP INDEX "coupon_claims_overdue_of_coupon_idx";--> statement-breakpoint
CREATE INDEX "coupon_claims_overdue_idx" ON "coupon_claims" USING btree ("expires_at") WHERE "coupon_claims"."status" = 'claimed' and "coupon_claims"."expires_at" is not null;--> statement-breakpoint
CREATE INDEX "coupon_claims_overdue_of_coupon_idx" ON "coupon_claims" USING btree ("tenant_id","coupon_id","expires_at") WHERE "coupon_claims"."status" = 'claimed' and "coupon_claims"."expires_at" is not null;