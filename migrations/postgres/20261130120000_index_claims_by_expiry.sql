-- no-transaction
-- The claims in force: a queue leaves them out. Built beside the calls.
create index concurrently if not exists claims_by_expiry on claims (site_id, expires_at, comment_id);
