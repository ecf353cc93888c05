-- no-transaction
-- The queue of one article. Built beside the calls: a large table stays writable meanwhile.
create index concurrently if not exists comments_waiting_of_article on comments (site_id, article_id, created_at, comment_id)
    where status = 'PENDING' or flagged_at is not null;
