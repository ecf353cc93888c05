-- no-transaction
-- Rows are appended in the order of their times, so that ranges of pages are enough to find the old ones.
create index concurrently if not exists requests_by_age on requests using brin (created_at)
    with (pages_per_range = 16, autosummarize = on);
