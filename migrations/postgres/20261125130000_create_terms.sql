-- Words and phrases that a newsroom lists. What was taken off the list stays as a row: the sum of all revisions only grows, and
-- tells replicas that there is something new.
create table terms (
    site_id text collate "C" not null,
    term_id uuid not null,
    pattern text not null,
    -- the pattern whatever its case, form and place of tone marks
    match_key text not null,
    tier text not null,
    state text not null,
    weight double precision not null,
    note text not null,
    revision bigint not null,
    updated_by text not null,
    updated_at timestamptz not null,
    deleted_at timestamptz,
    constraint terms_key primary key (site_id, term_id),
    constraint terms_tier_known check (tier in ('EXACT', 'STRIPPED', 'TEENCODE')),
    constraint terms_state_known check (state in ('OFF', 'SHADOW', 'ENFORCE'))
);

create unique index terms_once on terms (site_id, match_key, tier) where deleted_at is null;

create index terms_by_time on terms (site_id, updated_at, term_id) where deleted_at is null;

-- What people decided, newest first: a term is tried on it before it is listed.
create index comments_by_review on comments (site_id, reviewed_at, comment_id) where reviewed_at is not null;
