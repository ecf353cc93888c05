-- What a site's decisions taught, newest version last: replicas load it, and whoever trains goes on from it.
create table spam_models (
    site_id text collate "C" not null,
    version bigint not null,
    -- the audit from this time on was read, so many entries of it
    log_start timestamptz not null,
    log_size bigint not null,
    -- lessons learned, and their hash in order
    decisions bigint not null,
    digest bytea not null,
    made_at timestamptz not null,
    snapshot bytea not null,
    constraint spam_models_key primary key (site_id, version)
);
