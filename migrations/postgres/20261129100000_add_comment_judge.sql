-- Who brought a comment where it is: PERSON when a moderator's own decision approved exactly this comment, SYSTEM when nobody reviewed
-- it in time, null for the rest (the article's policy, batches, reverts). Trust in a device counts PERSON alone.
alter table comments add column judged_by text constraint comments_judge_known check (judged_by in ('PERSON', 'SYSTEM'));

-- Trust looks back 30 days, so older comments need none. The audit's last status change tells.
update comments c set judged_by = case l.action when 'EXPIRE' then 'SYSTEM' else 'PERSON' end
from comments o
cross join lateral (
    select a.action, a.actor, a.batch_id from audit a
    where a.site_id = o.site_id and a.comment_id = o.comment_id
        and a.action in ('APPROVE', 'REJECT', 'SPAM', 'REQUEUE', 'REVERT', 'EXPIRE')
    order by a.revision desc, a.at desc, a.audit_id desc limit 1) l
where c.site_id = o.site_id and c.comment_id = o.comment_id and o.device is not null
    and o.created_at >= now() - interval '31 days'
    and (o.status = 'APPROVED' and l.action = 'APPROVE' and l.batch_id is null and l.actor <> 'system'
        or o.status = 'REJECTED' and l.action = 'EXPIRE');
