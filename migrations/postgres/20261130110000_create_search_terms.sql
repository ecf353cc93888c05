-- The terms of each indexed comment, hashes of its words. Terms of the site's own make any condition on the site superfluous.
create table search_terms (
    site_id text collate "C" not null,
    comment_id uuid not null,
    terms tsvector not null,
    constraint search_terms_key primary key (site_id, comment_id)
);

-- A search reads the whole list of rows that are not sorted in yet, so it is kept short (kB).
create index search_terms_by_term on search_terms using gin (terms) with (gin_pending_list_limit = 256);
