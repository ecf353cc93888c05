-- An article as the portal names it, with its comment policy. Times are microseconds since 1970 in UTC.
create table articles (
    site_id text not null,
    article_id text not null,
    title text not null,
    url text not null,
    -- null inherits the site's mode
    mode text,
    close_at integer,
    revision integer not null,
    -- changed in the same transaction as the status of a comment
    public_count integer not null,
    created_at integer not null,
    constraint articles_key primary key (site_id, article_id),
    constraint articles_mode_known check (mode in ('PRE', 'POST', 'HYBRID', 'CLOSED', 'HIDDEN')),
    constraint articles_public_count_not_negative check (public_count >= 0)
) strict, without rowid;
