-- The change feed gets its final kinds, revisions, and numbers that a follower continues from. Only watches of the last seconds read the
-- rows of the earlier form, so they are not kept.
drop table changes;

-- Its last number is a key of locks, which must be less than every number that is taken later.
create sequence change_numbers as bigint;
select setval('change_numbers', 1);

create table changes (
    site_id text collate "C" not null,
    seq bigint not null,
    kind text not null,
    comment_id uuid,
    article_id text collate "C",
    -- of the comment, article or site after the change
    revision bigint not null,
    at timestamptz not null,
    constraint changes_key primary key (site_id, seq),
    constraint changes_kind_known check (kind in ('COMMENT_PUBLISHED', 'COMMENT_CHANGED', 'COMMENT_HIDDEN', 'COMMENT_RESTORED', 'COMMENT_ERASED', 'ARTICLE_CHANGED',
        'SITE_CHANGED', 'COMMENT_SUBMITTED', 'CASE_CHANGED'))
);
