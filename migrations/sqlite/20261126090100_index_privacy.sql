-- What is kept for a time only, by when it was last looked at.
create index comments_outlived on comments (site_id, coalesce(reviewed_at, created_at)) where status in ('SPAM', 'REJECTED');

-- What one reader reported.
create index reports_by_reporter on reports (site_id, reporter, created_at);
