-- What health writes after a write failed, to know whether there is room again. One row of no site.
create table trial_writes (
    site_id text collate "C" not null,
    filler bytea not null,
    constraint trial_writes_key primary key (site_id)
);

-- Compressed it would need no room.
alter table trial_writes alter column filler set storage external;
