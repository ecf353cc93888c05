-- Notes of audit entries, where an erasure reaches them: a note may quote the comment. The entry itself is append-only, and
-- its own column stays empty from now on.
create table audit_notes (
    site_id text collate "C" not null,
    audit_id uuid not null,
    -- as the entry has them
    comment_id uuid,
    ban_id uuid,
    note text not null,
    constraint audit_notes_key primary key (site_id, audit_id)
);

create index audit_notes_by_comment on audit_notes (site_id, comment_id) where comment_id is not null;

create index audit_notes_by_ban on audit_notes (site_id, ban_id) where ban_id is not null;

-- Notes on comments that are erased already end here, but those that say why they were erased.
insert into audit_notes (site_id, audit_id, comment_id, ban_id, note)
select a.site_id, a.audit_id, a.comment_id, a.ban_id, a.note from audit a
where a.note <> '' and (a.action = 'ERASE' or not exists (
    select 1 from comments c left join bans b on b.site_id = a.site_id and b.ban_id = a.ban_id
    where c.site_id = a.site_id and c.comment_id = coalesce(a.comment_id, b.comment_id) and c.status = 'ERASED'));

update bans set note = '' where note <> '' and exists (
    select 1 from comments c where c.site_id = bans.site_id and c.comment_id = bans.comment_id and c.status = 'ERASED');

alter table audit disable trigger audit_refuses_changes;

update audit set note = '' where note <> '';

alter table audit enable always trigger audit_refuses_changes;
