-- The one rule that no code path may forget, hence the one trigger: the audit is append-only.
create trigger audit_refuses_update before update on audit
begin
    select raise(abort, 'the audit is append-only');
end;

create trigger audit_refuses_delete before delete on audit
begin
    select raise(abort, 'the audit is append-only');
end;
