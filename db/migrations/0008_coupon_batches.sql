ALTER TABLE "code_batches" DROP CONSTRAINT "code_batches_status_check";--> statement-breakpoint
ALTER TABLE "code_batches" ADD COLUMN "charset" text;--> statement-breakpoint
CREATE INDEX "code_batches_open_idx" ON "code_batches" USING btree ("updated_at") WHERE "code_batches"."status" in ('queued', 'running');--> statement-breakpoint
ALTER TABLE "code_batches" DROP COLUMN "failure";--> statement-breakpoint
ALTER TABLE "code_batches" ADD CONSTRAINT "code_batches_status_check" CHECK ("code_batches"."status" in ('queued', 'running', 'done', 'revoked'));
