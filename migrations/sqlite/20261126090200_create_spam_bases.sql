-- What decisions taught before a site's log begins: their texts may be gone, so it cannot be learned again.
create table spam_bases (
    site_id text not null,
    -- the log is read from this time on
    log_start integer not null,
    snapshot blob not null,
    constraint spam_bases_key primary key (site_id)
) strict;
