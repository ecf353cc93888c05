-- What an entry was done together with, what it took back, the ban it is about, and what was on the comment before it beyond its
-- status, so that taking it back leaves nothing behind.
alter table audit add column batch_id uuid;
alter table audit add column reverts uuid;
alter table audit add column ban_id uuid;
alter table audit add column before jsonb;

create index audit_by_batch on audit (site_id, batch_id, audit_id) where batch_id is not null;

-- Nothing is taken back twice.
create unique index audit_by_reverted on audit (site_id, reverts) where reverts is not null;

create index audit_by_ban on audit (site_id, ban_id, at, audit_id) where ban_id is not null;

create index audit_by_actor on audit (site_id, actor, at, audit_id);
