-- The change feed gets its final kinds, revisions, and numbers that a follower continues from. Only watches of the last seconds read the
-- rows of the earlier form, so they are not kept.
drop table changes;

create table changes (
    site_id text not null,
    seq integer not null,
    kind text not null,
    comment_id blob,
    article_id text,
    -- of the comment, article or site after the change
    revision integer not null,
    at integer not null,
    constraint changes_key primary key (site_id, seq),
    constraint changes_kind_known check (kind in ('COMMENT_PUBLISHED', 'COMMENT_CHANGED', 'COMMENT_HIDDEN', 'COMMENT_RESTORED', 'COMMENT_ERASED', 'ARTICLE_CHANGED',
        'SITE_CHANGED', 'COMMENT_SUBMITTED', 'CASE_CHANGED'))
) strict, without rowid;
