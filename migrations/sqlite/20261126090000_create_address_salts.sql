-- What a month's hashes of addresses are made with. Rows go after some months: then nobody can tell whose those hashes were.
create table address_salts (
    site_id text not null,
    -- as 2026-11
    month text not null,
    salt blob not null,
    constraint address_salts_key primary key (site_id, month)
) strict, without rowid;
