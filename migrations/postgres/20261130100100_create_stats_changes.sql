-- What is to be added to `stats_buckets`. Appended in the transaction of the change, so that no two transactions wait for one row.
create table stats_changes (
    site_id text collate "C" not null,
    change_id bigint generated always as identity,
    kind text not null,
    bucket timestamptz not null,
    name text not null,
    amount bigint not null,
    constraint stats_changes_key primary key (site_id, change_id)
);
