-- Whether a lockdown also asks every reader for a harder challenge.
alter table sites add column lockdown_harder_challenges integer not null default 0;
