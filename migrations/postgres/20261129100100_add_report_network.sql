-- Keyed hash of the /24 or /48 that a report came from, or of the reporter where none is told or the device is known: reports from one
-- network alone bring no comment back.
alter table reports add column network bytea;
