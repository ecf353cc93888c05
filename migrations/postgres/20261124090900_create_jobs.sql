-- Background work that one replica does for all: who has it, and from when on the next may.
create table jobs (
    site_id text collate "C" not null,
    job text not null,
    holder uuid not null,
    next_at timestamptz not null,
    constraint jobs_key primary key (site_id, job)
);
