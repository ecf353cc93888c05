-- The claims in force: a queue leaves them out.
create index claims_by_expiry on claims (site_id, expires_at, comment_id);
