-- Statistics of a quarter by day: SUBMITTED_DAY sums up WAITING and SETTLED by status, DECISIONS_DAY and OVERTURNED_DAY
-- sum up DECISIONS and OVERTURNED by actor, and ACTIVE_HOURS counts the hours of a day in which an actor decided.
alter table stats_buckets drop constraint stats_buckets_kind_known;
alter table stats_buckets add constraint stats_buckets_kind_known check (kind in ('WAITING', 'WAITING_DAY', 'WAITING_MONTH', 'SETTLED',
    'DECISIONS', 'OVERTURNED', 'SUBMITTED_DAY', 'DECISIONS_DAY', 'OVERTURNED_DAY', 'ACTIVE_HOURS'));

insert into stats_buckets (site_id, kind, bucket, name, amount)
select site_id, case kind when 'DECISIONS' then 'DECISIONS_DAY' when 'OVERTURNED' then 'OVERTURNED_DAY' else 'SUBMITTED_DAY' end,
    date_trunc('day', bucket, 'UTC'), name, sum(amount)
from stats_buckets where kind in ('WAITING', 'SETTLED', 'DECISIONS', 'OVERTURNED')
group by 1, 2, 3, 4
union all
select site_id, 'ACTIVE_HOURS', date_trunc('day', bucket, 'UTC'), name, count(*)
from stats_buckets where kind = 'DECISIONS' and amount <> 0
group by 1, 2, 3, 4;
