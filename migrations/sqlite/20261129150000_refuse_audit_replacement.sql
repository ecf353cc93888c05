-- `insert or replace` deletes the rows it replaces without firing delete triggers, unless the connection asks for that
-- (`recursive_triggers`). So an insert is refused where a row with one of its unique keys exists: the primary key, the entry
-- that it reverts, or an explicit rowid (-1 stands for a rowid that SQLite has yet to choose).
create trigger audit_refuses_replacement before insert on audit
when exists (select 1 from audit where site_id = new.site_id and audit_id = new.audit_id)
    or exists (select 1 from audit where site_id = new.site_id and reverts = new.reverts and new.reverts is not null)
    or exists (select 1 from audit where rowid = new.rowid and new.rowid <> -1)
begin
    select raise(abort, 'the audit is append-only');
end;
