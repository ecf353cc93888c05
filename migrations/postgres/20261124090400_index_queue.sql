-- The queue holds what waits: PENDING, and what was put back. Each order has an index of exactly that.
drop index comments_pending_by_age;
drop index comments_pending_by_score;
create index comments_waiting_by_age on comments (site_id, created_at, comment_id)
    where status = 'PENDING' or flagged_at is not null;
create index comments_waiting_by_score on comments (site_id, (-spam_score), comment_id)
    where status = 'PENDING' or flagged_at is not null;
create index comments_waiting_by_reports on comments (site_id, (-open_reports), comment_id)
    where status = 'PENDING' or flagged_at is not null;

-- Takedowns by their clock.
create index comments_by_due on comments (site_id, due_at, comment_id) where due_at is not null;

-- What a prefix, a device sent: for bans.
create index comments_by_device on comments (site_id, device, created_at) where device is not null;
create index comments_by_prefix on comments (site_id, prefix, created_at) where prefix is not null;
