-- Statistics by clock hour: folded from `stats_changes`. WAITING and SETTLED count comments by the hour of their submission, and are
-- named by status; WAITING_DAY and WAITING_MONTH sum up WAITING by day and by 30 days; DECISIONS and OVERTURNED count by the hour of the
-- decision, and are named by actor.
create table stats_buckets (
    site_id text not null,
    kind text not null check (kind in ('WAITING', 'WAITING_DAY', 'WAITING_MONTH', 'SETTLED', 'DECISIONS', 'OVERTURNED')),
    bucket integer not null,
    name text not null,
    amount integer not null,
    constraint stats_buckets_key primary key (site_id, kind, bucket, name)
) strict, without rowid;
