-- An article as the portal names it, with its comment policy. Ids compare by byte, as they do in the service.
create table articles (
    site_id text collate "C" not null,
    article_id text collate "C" not null,
    title text not null,
    url text not null,
    -- null inherits the site's mode
    mode text,
    close_at timestamptz,
    revision bigint not null,
    -- changed in the same transaction as the status of a comment
    public_count bigint not null,
    created_at timestamptz not null,
    constraint articles_key primary key (site_id, article_id),
    constraint articles_mode_known check (mode in ('PRE', 'POST', 'HYBRID', 'CLOSED', 'HIDDEN')),
    constraint articles_public_count_not_negative check (public_count >= 0)
    -- room for new versions of a row on its own page: counts change often and no index holds them
) with (fillfactor = 70);
