-- Erasures of all that a person wrote, from the request until nothing is left: large ones outlive their call.
create table erasures (
    site_id text collate "C" not null,
    request_id uuid not null,
    -- names the audit entries
    batch_id uuid not null,
    actor text not null,
    -- emptied when the erasure is finished, as the next three columns are
    note text not null,
    -- JSON lists: author keys, and the keyed hashes of devices
    authors jsonb not null,
    devices jsonb not null,
    -- the comment that stands for itself, or that led to the author
    comment_id uuid,
    -- erased so far
    comments bigint not null,
    reports bigint not null,
    started_at timestamptz not null,
    finished_at timestamptz,
    constraint erasures_key primary key (site_id, request_id)
);

create index erasures_open on erasures (site_id, started_at) where finished_at is null;

-- Finished ones are forgotten across sites, as requests are.
create index erasures_by_end on erasures (finished_at) where finished_at is not null;
