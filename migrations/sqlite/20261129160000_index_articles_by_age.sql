-- The newest articles, to suggest for an id that nobody knows.
create index articles_by_age on articles (site_id, created_at);
