-- Who brought a comment where it is: PERSON when a moderator's own decision approved exactly this comment, SYSTEM when nobody reviewed
-- it in time, null for the rest (the article's policy, batches, reverts). Trust in a device counts PERSON alone.
alter table comments add column judged_by text constraint comments_judge_known check (judged_by in ('PERSON', 'SYSTEM'));

-- Trust looks back 30 days, so older comments need none. The audit's last status change tells.
update comments set judged_by = (
    select case
        when comments.status = 'APPROVED' and a.action = 'APPROVE' and a.batch_id is null and a.actor <> 'system' then 'PERSON'
        when comments.status = 'REJECTED' and a.action = 'EXPIRE' then 'SYSTEM'
    end from audit a
    where a.site_id = comments.site_id and a.comment_id = comments.comment_id
        and a.action in ('APPROVE', 'REJECT', 'SPAM', 'REQUEUE', 'REVERT', 'EXPIRE')
    order by a.revision desc, a.at desc, a.audit_id desc limit 1)
where device is not null and status in ('APPROVED', 'REJECTED')
    and created_at >= (cast(strftime('%s', 'now') as integer) - 31 * 86400) * 1000000;
