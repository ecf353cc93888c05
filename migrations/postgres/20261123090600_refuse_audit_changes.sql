-- The one rule that no code path may forget, hence the one trigger: the audit is append-only.
create function refuse_audit_changes() returns trigger language plpgsql as $$
begin
    raise exception 'the audit is append-only';
end
$$;

create trigger audit_refuses_changes before update or delete or truncate on audit
    for each statement execute function refuse_audit_changes();
