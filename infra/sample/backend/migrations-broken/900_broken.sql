-- Up Migration
-- Fails on purpose; only builds with BREAK=migration-fails see it.
ALTER TABLE table_that_does_not_exist ADD COLUMN broken text;

-- Down Migration
SELECT 1;
