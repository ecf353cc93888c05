-- Update, delete, truncate, merge and `on conflict do update` fire the statement trigger. ALWAYS makes it fire in sessions
-- with `session_replication_role = replica` too.
alter table audit enable always trigger audit_refuses_changes;
