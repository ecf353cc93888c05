-- no-transaction
-- The newest articles, to suggest for an id that nobody knows. Built beside the calls: a large table stays writable meanwhile.
create index concurrently if not exists articles_by_age on articles (site_id, created_at);
