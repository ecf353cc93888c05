-- Who did what. Append-only, and no personal data: it outlives the text.
create table audit (
    site_id text collate "C" not null,
    audit_id uuid not null,
    at timestamptz not null,
    actor text not null,
    action text not null,
    comment_id uuid,
    article_id text collate "C",
    from_status text,
    to_status text,
    -- revision after the change
    revision bigint not null,
    reason text,
    note text not null,
    request_id uuid,
    constraint audit_key primary key (site_id, audit_id)
);

create index audit_by_time on audit (site_id, at, audit_id);

-- By revision first: it orders decisions even where clocks of replicas differ.
create index audit_by_comment on audit (site_id, comment_id, revision, at, audit_id) where comment_id is not null;
