-- A comment with what is known of its sender (keyed hashes only) and why it was held.
create table comments (
    site_id text collate "C" not null,
    comment_id uuid not null,
    article_id text collate "C" not null,
    -- the root that a reply belongs to, and the comment that the reader answered
    parent_id uuid,
    reply_to uuid,
    author_name text not null,
    title text not null,
    content text not null,
    status text not null,
    revision bigint not null,
    created_at timestamptz not null,
    published_at timestamptz,
    reviewed_at timestamptz,
    -- public replies, changed in the same transaction as their status
    reply_count integer not null,
    device bytea,
    address bytea,
    prefix bytea,
    author text collate "C" not null,
    fingerprint bytea not null,
    -- all text folded: what the queue's search looks through
    folded text not null,
    findings jsonb not null,
    spam_score double precision not null,
    constraint comments_key primary key (site_id, comment_id),
    constraint comments_of_article foreign key (site_id, article_id) references articles (site_id, article_id),
    constraint comments_of_parent foreign key (site_id, parent_id) references comments (site_id, comment_id),
    constraint comments_status_known
        check (status in ('PENDING', 'APPROVED', 'REJECTED', 'SPAM', 'REMOVED', 'ERASED')),
    -- pages of readers are ordered by it
    constraint comments_published check (status not in ('APPROVED', 'REMOVED') or published_at is not null),
    constraint comments_reply_count_not_negative check (reply_count >= 0)
);
