-- no-transaction
-- Decisions are counted when they are made.
drop index concurrently if exists audit_decisions;
