-- The queue of one article.
create index comments_waiting_of_article on comments (site_id, article_id, created_at, comment_id)
    where status = 'PENDING' or flagged_at is not null;
