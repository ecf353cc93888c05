-- Author keys that one device had under earlier keys of the server, and the one that its comments have now.
create table author_keys (
    site_id text not null,
    earlier text not null,
    author text not null,
    constraint author_keys_key primary key (site_id, earlier)
) strict;

create index author_keys_by_author on author_keys (site_id, author);
