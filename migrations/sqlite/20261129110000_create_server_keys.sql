-- The keys that this database has met, by fingerprint. A key belongs to the server and to no site: a ring keys the rows
-- of all sites.
create table server_keys (
    -- what rows say of their key: 31 bits of the fingerprint
    key_mark integer not null,
    -- the id that the ring gives it
    kid integer not null,
    fingerprint blob not null,
    -- one of the keys that were recorded first: rows without a mark are keyed by them
    is_first integer not null,
    recorded_at integer not null,
    -- since when the server does without it; rows that it keys no longer hold up a start
    given_up_at integer,
    constraint server_keys_key primary key (key_mark)
) strict;
