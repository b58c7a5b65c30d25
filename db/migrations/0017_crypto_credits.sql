CREATE TABLE "crypto_credit_uses" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"credit_id" uuid NOT NULL,
	"payment_id" uuid NOT NULL,
	"units" numeric(78, 0) NOT NULL,
	"lost_units" numeric(78, 0) NOT NULL,
	"lost_at" timestamp (3) with time zone,
	"released_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "crypto_credit_uses_tenant_id_id_pk" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "crypto_credit_uses_units_check" CHECK ("crypto_credit_uses"."units" > 0 and "crypto_credit_uses"."lost_units" >= 0 and "crypto_credit_uses"."lost_units" <= "crypto_credit_uses"."units")
);
--> statement-breakpoint
CREATE TABLE "crypto_credits" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"chain_id" integer NOT NULL,
	"asset" text NOT NULL,
	"contract" text,
	"decimals" integer NOT NULL,
	"units" numeric(78, 0) NOT NULL,
	"used_units" numeric(78, 0) NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "crypto_credits_tenant_id_id_pk" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "crypto_credits_units_check" CHECK ("crypto_credits"."used_units" >= 0 and "crypto_credits"."used_units" <= "crypto_credits"."units")
);
--> statement-breakpoint
ALTER TABLE "crypto_refunds" DROP CONSTRAINT "crypto_refunds_chain_key";--> statement-breakpoint
ALTER TABLE "crypto_payments" DROP CONSTRAINT "crypto_payments_sums_check";--> statement-breakpoint
ALTER TABLE "crypto_payments" ADD COLUMN "credit_units" numeric(78, 0) DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "crypto_payments" ADD COLUMN "lost_units" numeric(78, 0) DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "crypto_payments" ADD COLUMN "kept_units" numeric(78, 0);--> statement-breakpoint
ALTER TABLE "crypto_quotes" ADD COLUMN "credit_units" numeric(78, 0) DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "crypto_refunds" ADD COLUMN "block_number" bigint;--> statement-breakpoint
ALTER TABLE "crypto_refunds" ADD COLUMN "missing_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "crypto_refunds" ADD COLUMN "reversed_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "crypto_credit_uses" ADD CONSTRAINT "crypto_credit_uses_credit_fk" FOREIGN KEY ("tenant_id","credit_id") REFERENCES "public"."crypto_credits"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "crypto_credit_uses" ADD CONSTRAINT "crypto_credit_uses_payment_fk" FOREIGN KEY ("tenant_id","payment_id") REFERENCES "public"."crypto_payments"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "crypto_credits" ADD CONSTRAINT "crypto_credits_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "crypto_credits" ADD CONSTRAINT "crypto_credits_payment_fk" FOREIGN KEY ("tenant_id","id") REFERENCES "public"."crypto_payments"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "crypto_credit_uses_credit_idx" ON "crypto_credit_uses" USING btree ("tenant_id","credit_id");--> statement-breakpoint
CREATE INDEX "crypto_credit_uses_payment_idx" ON "crypto_credit_uses" USING btree ("tenant_id","payment_id");--> statement-breakpoint
CREATE INDEX "crypto_credits_list_idx" ON "crypto_credits" USING btree ("tenant_id","created_at","id");--> statement-breakpoint
CREATE INDEX "crypto_credits_of_user_idx" ON "crypto_credits" USING btree ("user_id","created_at","id");--> statement-breakpoint
CREATE UNIQUE INDEX "crypto_refunds_chain_key" ON "crypto_refunds" USING btree ("tenant_id","chain_id","tx_hash","log_index") WHERE "crypto_refunds"."reversed_at" is null;--> statement-breakpoint
CREATE INDEX "crypto_refunds_block_idx" ON "crypto_refunds" USING btree ("chain_id","block_number") WHERE "crypto_refunds"."missing_at" is null;--> statement-breakpoint
CREATE INDEX "crypto_refunds_missing_idx" ON "crypto_refunds" USING btree ("chain_id") WHERE "crypto_refunds"."missing_at" is not null and "crypto_refunds"."reversed_at" is null;--> statement-breakpoint
ALTER TABLE "crypto_payments" ADD CONSTRAINT "crypto_payments_sums_check" CHECK ("crypto_payments"."pay_units" >= 0 and "crypto_payments"."pay_units" + "crypto_payments"."credit_units" > 0 and "crypto_payments"."lost_units" between 0 and "crypto_payments"."credit_units" and "crypto_payments"."confirmed_units" >= 0 and "crypto_payments"."paid_units" >= "crypto_payments"."confirmed_units");
--> statement-breakpoint
UPDATE "payments" SET "crypto" = "crypto" || '{"credit": "0"}' WHERE "crypto" IS NOT NULL;--> statement-breakpoint
INSERT INTO "crypto_credits" ("tenant_id", "id", "user_id", "chain_id", "asset", "contract", "decimals", "units", "used_units", "created_at", "updated_at")
SELECT c."tenant_id", c."id", p."user_id", c."chain_id", c."asset", c."contract", c."decimals", c."owed_units" - c."returned_units", 0, c."updated_at", c."updated_at"
FROM "crypto_payments" c JOIN "payments" p ON p."tenant_id" = c."tenant_id" AND p."id" = c."id"
WHERE c."owed_as" = 'credit' AND c."owed_units" > c."returned_units";
