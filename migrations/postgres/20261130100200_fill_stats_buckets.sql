-- What was stored so far, as far back as statistics are kept: 93 days, and everything that waits.
insert into stats_buckets (site_id, kind, bucket, name, amount)
select site_id, case when status = 'PENDING' or flagged_at is not null then 'WAITING' else 'SETTLED' end,
    date_trunc('hour', created_at, 'UTC'), status, count(*)
from comments
where status = 'PENDING' or flagged_at is not null or created_at >= date_trunc('hour', now() - interval '93 days', 'UTC')
group by 1, 2, 3, 4;

insert into stats_buckets (site_id, kind, bucket, name, amount)
select site_id, 'WAITING_DAY', date_trunc('day', bucket, 'UTC'), '', sum(amount)
from stats_buckets where kind = 'WAITING'
group by 1, 2, 3
union all
select site_id, 'WAITING_MONTH', date_bin('30 days', bucket, timestamptz 'epoch'), '', sum(amount)
from stats_buckets where kind = 'WAITING'
group by 1, 2, 3;

-- A decision is overturned when another person moved the comment on, other than out of the queue or by an erasure, or reverted it.
insert into stats_buckets (site_id, kind, bucket, name, amount)
with decisions as (
    select d.site_id, date_trunc('hour', d.at, 'UTC') as bucket, d.actor,
        d.action <> 'REQUEUE' and exists (
            select 1 from audit e where e.site_id = d.site_id and e.comment_id = d.comment_id and e.revision = d.revision + 1
                and e.from_status <> e.to_status and e.from_status <> 'PENDING' and e.to_status <> 'ERASED' and e.actor <> d.actor)
        or exists (select 1 from audit e where e.site_id = d.site_id and e.reverts = d.audit_id and e.actor <> d.actor) as overturned
    from audit d
    where d.at >= date_trunc('hour', now() - interval '93 days', 'UTC')
        and d.action in ('APPROVE', 'REJECT', 'SPAM', 'REQUEUE') and d.actor <> 'system'
)
select site_id, 'DECISIONS', bucket, actor, count(*) from decisions group by site_id, bucket, actor
union all
select site_id, 'OVERTURNED', bucket, actor, count(*) from decisions where overturned group by site_id, bucket, actor;
