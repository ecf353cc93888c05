-- Background work that one replica does for all: who has it, and from when on the next may.
create table jobs (
    site_id text not null,
    job text not null,
    holder blob not null,
    next_at integer not null,
    constraint jobs_key primary key (site_id, job)
) strict, without rowid;
