-- What health writes after a write failed, to know whether there is room again. One row of no site.
create table trial_writes (
    site_id text not null primary key,
    filler blob not null
) strict;
