-- Since when the oldest flagged comment waits.
create index comments_flagged on comments (site_id, flagged_at) where flagged_at is not null;
