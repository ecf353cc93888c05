-- Numbers count by status straight from this index; queues of other statuses look at no row in vain.
drop index comments_by_age;
create index comments_by_age on comments (site_id, created_at, comment_id, status);

-- What moderators decided.
create index audit_decisions on audit (site_id, at, actor) where action in ('APPROVE', 'REJECT', 'SPAM', 'REQUEUE');

-- What moved a comment from where a decision had put it: few among many.
create index audit_overturns on audit (site_id, at) where from_status <> to_status and from_status <> 'PENDING';
