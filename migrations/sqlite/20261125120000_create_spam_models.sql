-- What a site's decisions taught, newest version last: replicas load it, and whoever trains goes on from it.
create table spam_models (
    site_id text not null,
    version integer not null,
    -- the audit from this time on was read, so many entries of it
    log_start integer not null,
    log_size integer not null,
    -- lessons learned, and their hash in order
    decisions integer not null,
    digest blob not null,
    made_at integer not null,
    snapshot blob not null,
    constraint spam_models_key primary key (site_id, version)
) strict;
