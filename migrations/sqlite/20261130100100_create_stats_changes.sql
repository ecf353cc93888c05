-- What is to be added to `stats_buckets`. Appended in the transaction of the change.
create table stats_changes (
    site_id text not null,
    change_id blob not null default (randomblob(16)),
    kind text not null,
    bucket integer not null,
    name text not null,
    amount integer not null,
    constraint stats_changes_key primary key (site_id, change_id)
) strict, without rowid;
