-- no-transaction
-- What overturns a decision is counted when it is written.
drop index concurrently if exists audit_overturns;
