-- Decisions are counted when they are made.
drop index audit_decisions;
