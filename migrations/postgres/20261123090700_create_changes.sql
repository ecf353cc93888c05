-- What changed, for portals that follow along. Written in the transaction of the change; its id is that of the
-- comment submitted or of the audit row, both made from the time of the change.
create table changes (
    site_id text collate "C" not null,
    change_id uuid not null,
    kind text not null,
    comment_id uuid,
    article_id text collate "C" not null,
    at timestamptz not null,
    constraint changes_key primary key (site_id, change_id),
    constraint changes_kind_known check (kind in ('COMMENT_SUBMITTED', 'COMMENT_CHANGED', 'ARTICLE_CHANGED'))
);
