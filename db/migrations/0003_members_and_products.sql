CREATE TABLE "events" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"type" text NOT NULL,
	"object_id" uuid NOT NULL,
	"sequence" bigint NOT NULL,
	"data" jsonb NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"position" bigserial NOT NULL,
	"transaction" "xid8" DEFAULT pg_current_xact_id() NOT NULL,
	CONSTRAINT "events_tenant_id_id_pk" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "events_type_check" CHECK ("events"."type" in ('payment.succeeded', 'payment.failed', 'payment.expired', 'payment.refunded', 'membership.created', 'membership.updated', 'membership.canceled', 'product.created', 'product.updated', 'coupon.claimed', 'coupon.redeemed', 'coupon.released', 'quest.completed', 'quest.claimed', 'referral.signup', 'referral.converted', 'referral.reversed', 'file.uploaded'))
);
--> statement-breakpoint
CREATE TABLE "memberships" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"tier_id" uuid NOT NULL,
	"status" text NOT NULL,
	"points" bigint DEFAULT 0 NOT NULL,
	"started_at" timestamp (3) with time zone NOT NULL,
	"expires_at" timestamp (3) with time zone,
	"cancel_at_period_end" boolean DEFAULT false NOT NULL,
	"subscription_id" text,
	"referral_code" text,
	"created_at" timestamp (3) with time zone NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "memberships_tenant_id_id_pk" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "memberships_status_check" CHECK ("memberships"."status" in ('trialing', 'active', 'past_due', 'paused', 'canceled', 'expired'))
);
--> statement-breakpoint
CREATE TABLE "point_entries" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"membership_id" uuid NOT NULL,
	"amount" bigint NOT NULL,
	"reason" text NOT NULL,
	"cause_type" text,
	"cause_id" uuid,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "point_entries_tenant_id_id_pk" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "point_entries_amount_check" CHECK ("point_entries"."amount" <> 0)
);
--> statement-breakpoint
CREATE TABLE "tiers" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"name" text NOT NULL,
	"code" text NOT NULL,
	"rank" integer NOT NULL,
	"price_amount" bigint,
	"price_currency" text,
	"price_interval" text,
	"benefits" jsonb NOT NULL,
	"points_threshold" bigint,
	"trial_days" integer NOT NULL,
	"active" boolean NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "tiers_tenant_id_id_pk" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "tiers_code_key" UNIQUE("tenant_id","code"),
	CONSTRAINT "tiers_price_interval_check" CHECK ("tiers"."price_interval" in ('month', 'year', 'one_time')),
	CONSTRAINT "tiers_price_check" CHECK (num_nulls("tiers"."price_amount", "tiers"."price_currency", "tiers"."price_interval") in (0, 3) and "tiers"."price_amount" > 0)
);
--> statement-breakpoint
CREATE TABLE "owned_products" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"product_id" uuid NOT NULL,
	"quantity" integer NOT NULL,
	"source" text NOT NULL,
	"source_id" uuid NOT NULL,
	"acquired_at" timestamp (3) with time zone NOT NULL,
	"taken_back_at" timestamp (3) with time zone,
	CONSTRAINT "owned_products_tenant_id_id_pk" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "owned_products_source_check" CHECK ("owned_products"."source" in ('payment', 'membership', 'quest', 'coupon', 'referral', 'grant')),
	CONSTRAINT "owned_products_quantity_check" CHECK ("owned_products"."quantity" > 0)
);
--> statement-breakpoint
CREATE TABLE "products" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"external_id" text,
	"name" text NOT NULL,
	"description" text,
	"sku" text,
	"price_amount" bigint NOT NULL,
	"price_currency" text NOT NULL,
	"status" text NOT NULL,
	"stock" integer,
	"type" text NOT NULL,
	"tier_ids" jsonb NOT NULL,
	"image_keys" jsonb NOT NULL,
	"metadata" jsonb NOT NULL,
	"version" integer NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL,
	"words" text[] NOT NULL,
	"search" "tsvector" GENERATED ALWAYS AS (array_to_tsvector(array_prepend("products"."tenant_id"::text, "products"."words"))) STORED,
	CONSTRAINT "products_tenant_id_id_pk" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "products_status_check" CHECK ("products"."status" in ('draft', 'active', 'archived')),
	CONSTRAINT "products_type_check" CHECK ("products"."type" in ('physical', 'digital', 'service')),
	CONSTRAINT "products_price_check" CHECK ("products"."price_amount" >= 0),
	CONSTRAINT "products_stock_check" CHECK ("products"."stock" >= 0)
);
--> statement-breakpoint
ALTER TABLE "events" ADD CONSTRAINT "events_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "memberships" ADD CONSTRAINT "memberships_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "memberships" ADD CONSTRAINT "memberships_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "memberships" ADD CONSTRAINT "memberships_tier_fk" FOREIGN KEY ("tenant_id","tier_id") REFERENCES "public"."tiers"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "point_entries" ADD CONSTRAINT "point_entries_membership_fk" FOREIGN KEY ("tenant_id","membership_id") REFERENCES "public"."memberships"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tiers" ADD CONSTRAINT "tiers_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "owned_products" ADD CONSTRAINT "owned_products_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "owned_products" ADD CONSTRAINT "owned_products_product_fk" FOREIGN KEY ("tenant_id","product_id") REFERENCES "public"."products"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "products" ADD CONSTRAINT "products_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "events_sequence_key" ON "events" USING btree ("tenant_id","object_id","sequence");--> statement-breakpoint
CREATE INDEX "events_feed_idx" ON "events" USING btree ("tenant_id","position");--> statement-breakpoint
CREATE UNIQUE INDEX "memberships_user_key" ON "memberships" USING btree ("tenant_id","user_id");--> statement-breakpoint
CREATE INDEX "memberships_of_user_idx" ON "memberships" USING btree ("user_id","created_at","id");--> statement-breakpoint
CREATE INDEX "memberships_list_idx" ON "memberships" USING btree ("tenant_id","created_at","id");--> statement-breakpoint
CREATE INDEX "memberships_expiry_idx" ON "memberships" USING btree ("expires_at") WHERE "memberships"."status" in ('trialing', 'active', 'past_due');--> statement-breakpoint
CREATE INDEX "point_entries_list_idx" ON "point_entries" USING btree ("tenant_id","membership_id","created_at","id");--> statement-breakpoint
CREATE INDEX "tiers_list_idx" ON "tiers" USING btree ("tenant_id","created_at","id");--> statement-breakpoint
CREATE INDEX "tiers_rank_idx" ON "tiers" USING btree ("tenant_id","rank","id");--> statement-breakpoint
CREATE UNIQUE INDEX "owned_products_source_key" ON "owned_products" USING btree ("tenant_id","source","source_id","product_id");--> statement-breakpoint
CREATE INDEX "owned_products_list_idx" ON "owned_products" USING btree ("tenant_id","user_id","acquired_at","id") WHERE "owned_products"."taken_back_at" is null;--> statement-breakpoint
CREATE UNIQUE INDEX "products_external_id_key" ON "products" USING btree ("tenant_id","external_id");--> statement-breakpoint
CREATE UNIQUE INDEX "products_sku_key" ON "products" USING btree ("tenant_id","sku");--> statement-breakpoint
CREATE INDEX "products_catalogue_idx" ON "products" USING btree ("tenant_id","created_at","id") WHERE "products"."status" = 'active';--> statement-breakpoint
CREATE INDEX "products_search_idx" ON "products" USING gin ("search");