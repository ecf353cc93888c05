-- no-transaction
-- Since when the oldest flagged comment waits. Built beside the calls: a large table stays writable meanwhile.
create index concurrently if not exists comments_flagged on comments (site_id, flagged_at) where flagged_at is not null;
