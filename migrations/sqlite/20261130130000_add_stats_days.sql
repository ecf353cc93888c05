-- Statistics of a quarter by day: SUBMITTED_DAY sums up WAITING and SETTLED by status, DECISIONS_DAY and OVERTURNED_DAY
-- sum up DECISIONS and OVERTURNED by actor, and ACTIVE_HOURS counts the hours of a day in which an actor decided.
-- SQLite cannot change a check, so the table is rebuilt.
create table stats_buckets_with_days (
    site_id text not null,
    kind text not null check (kind in ('WAITING', 'WAITING_DAY', 'WAITING_MONTH', 'SETTLED', 'DECISIONS', 'OVERTURNED', 'SUBMITTED_DAY',
        'DECISIONS_DAY', 'OVERTURNED_DAY', 'ACTIVE_HOURS')),
    bucket integer not null,
    name text not null,
    amount integer not null,
    constraint stats_buckets_key primary key (site_id, kind, bucket, name)
) strict, without rowid;

insert into stats_buckets_with_days (site_id, kind, bucket, name, amount)
select site_id, kind, bucket, name, amount from stats_buckets
union all
select site_id, case kind when 'DECISIONS' then 'DECISIONS_DAY' when 'OVERTURNED' then 'OVERTURNED_DAY' else 'SUBMITTED_DAY' end,
    bucket - bucket % 86400000000, name, sum(amount)
from stats_buckets where kind in ('WAITING', 'SETTLED', 'DECISIONS', 'OVERTURNED')
group by 1, 2, 3, 4
union all
select site_id, 'ACTIVE_HOURS', bucket - bucket % 86400000000, name, count(*)
from stats_buckets where kind = 'DECISIONS' and amount <> 0
group by 1, 2, 3, 4;

drop table stats_buckets;
alter table stats_buckets_with_days rename to stats_buckets;
