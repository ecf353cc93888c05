-- An article's page: public roots, and once public ones that may hold up replies.
create index comments_public_roots on comments (site_id, article_id, published_at, comment_id)
    where parent_id is null and published_at is not null;

-- The public replies of a root.
create index comments_public_replies on comments (site_id, parent_id, published_at, comment_id)
    where status = 'APPROVED';

-- The queue, by age and by score. The score is negated so that one row comparison pages through (score desc, id).
create index comments_pending_by_age on comments (site_id, created_at, comment_id) where status = 'PENDING';
create index comments_pending_by_score on comments (site_id, (-spam_score), comment_id) where status = 'PENDING';

-- Queues of other statuses.
create index comments_by_age on comments (site_id, created_at, comment_id);

-- What else an author wrote.
create index comments_by_author on comments (site_id, author, created_at);

-- The same text again.
create index comments_by_fingerprint on comments (site_id, fingerprint, created_at);
