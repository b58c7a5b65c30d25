CREATE TABLE "file_usages" (
	"tenant_id" uuid NOT NULL,
	"file_id" uuid NOT NULL,
	"used_by" text NOT NULL,
	"used_by_id" uuid NOT NULL,
	CONSTRAINT "file_usages_tenant_id_file_id_used_by_used_by_id_pk" PRIMARY KEY("tenant_id","file_id","used_by","used_by_id"),
	CONSTRAINT "file_usages_used_by_check" CHECK ("file_usages"."used_by" in ('product', 'tenant', 'user', 'submission'))
);
--> statement-breakpoint
CREATE TABLE "files" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"is_personal" boolean NOT NULL,
	"key" text NOT NULL,
	"owner_id" uuid,
	"purpose" text NOT NULL,
	"visibility" text NOT NULL,
	"name" text NOT NULL,
	"content_type" text NOT NULL,
	"size" bigint NOT NULL,
	"sha256" text,
	"status" text NOT NULL,
	"stored_bytes" bigint NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"expires_at" timestamp (3) with time zone,
	CONSTRAINT "files_tenant_id_id_pk" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "files_purpose_check" CHECK ("files"."purpose" in ('avatar', 'logo', 'product', 'proof', 'document')),
	CONSTRAINT "files_visibility_check" CHECK ("files"."visibility" in ('public', 'private')),
	CONSTRAINT "files_status_check" CHECK ("files"."status" in ('pending', 'checking', 'ready', 'deleting')),
	CONSTRAINT "files_size_check" CHECK ("files"."size" >= 0 and "files"."stored_bytes" >= 0),
	CONSTRAINT "files_ready_check" CHECK (("files"."status" <> 'ready') = ("files"."expires_at" is not null)),
	CONSTRAINT "files_personal_check" CHECK (not "files"."is_personal" or "files"."owner_id" = "files"."tenant_id")
);
--> statement-breakpoint
CREATE TABLE "storage_counters" (
	"tenant_id" uuid NOT NULL,
	"purpose" text NOT NULL,
	"holder_id" uuid NOT NULL,
	"bytes" bigint NOT NULL,
	"files" bigint NOT NULL,
	CONSTRAINT "storage_counters_tenant_id_holder_id_purpose_pk" PRIMARY KEY("tenant_id","holder_id","purpose"),
	CONSTRAINT "storage_counters_purpose_check" CHECK ("storage_counters"."purpose" in ('all', 'avatar', 'logo', 'product', 'proof', 'document')),
	CONSTRAINT "storage_counters_check" CHECK ("storage_counters"."bytes" >= 0 and "storage_counters"."files" >= 0)
);
--> statement-breakpoint
ALTER TABLE "tenants" ADD COLUMN "logo_key" text;--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "avatar_key" text;--> statement-breakpoint
ALTER TABLE "file_usages" ADD CONSTRAINT "file_usages_file_fk" FOREIGN KEY ("tenant_id","file_id") REFERENCES "public"."files"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "file_usages_user_idx" ON "file_usages" USING btree ("tenant_id","used_by","used_by_id");--> statement-breakpoint
CREATE INDEX "files_list_idx" ON "files" USING btree ("tenant_id","created_at","id") WHERE "files"."status" = 'ready';--> statement-breakpoint
CREATE INDEX "files_of_owner_idx" ON "files" USING btree ("owner_id","created_at","id");--> statement-breakpoint
CREATE INDEX "files_expiry_idx" ON "files" USING btree ("expires_at") WHERE "files"."status" <> 'ready';