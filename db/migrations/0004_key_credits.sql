CREATE TABLE "api_key_credits" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"remaining" integer NOT NULL,
	"refill_amount" integer,
	"refill_interval" text,
	"refills_at" timestamp (3) with time zone,
	CONSTRAINT "api_key_credits_tenant_id_id_pk" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "api_key_credits_remaining_check" CHECK ("api_key_credits"."remaining" >= 0),
	CONSTRAINT "api_key_credits_refill_amount_check" CHECK ("api_key_credits"."refill_amount" >= 1),
	CONSTRAINT "api_key_credits_refill_interval_check" CHECK ("api_key_credits"."refill_interval" in ('day', 'month')),
	CONSTRAINT "api_key_credits_refill_check" CHECK (num_nonnulls("api_key_credits"."refill_amount", "api_key_credits"."refill_interval", "api_key_credits"."refills_at") in (0, 3))
);
--> statement-breakpoint
ALTER TABLE "api_keys" ADD COLUMN "credits_id" uuid;--> statement-breakpoint
ALTER TABLE "api_key_credits" ADD CONSTRAINT "api_key_credits_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "api_keys" ADD CONSTRAINT "api_keys_credits_fk" FOREIGN KEY ("tenant_id","credits_id") REFERENCES "public"."api_key_credits"("tenant_id","id") ON DELETE no action ON UPDATE no action;