-- What overturns a decision is counted when it is written.
drop index audit_overturns;
