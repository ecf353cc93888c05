-- Erasures of all that a person wrote, from the request until nothing is left: large ones outlive their call.
create table erasures (
    site_id text not null,
    request_id blob not null,
    -- names the audit entries
    batch_id blob not null,
    actor text not null,
    -- emptied when the erasure is finished, as the next three columns are
    note text not null,
    -- JSON lists: author keys, and the keyed hashes of devices
    authors text not null,
    devices text not null,
    -- the comment that stands for itself, or that led to the author
    comment_id blob,
    -- erased so far
    comments integer not null,
    reports integer not null,
    started_at integer not null,
    finished_at integer,
    constraint erasures_key primary key (site_id, request_id)
) strict, without rowid;

create index erasures_open on erasures (site_id, started_at) where finished_at is null;

-- Finished ones are forgotten across sites, as requests are.
create index erasures_by_end on erasures (finished_at) where finished_at is not null;
