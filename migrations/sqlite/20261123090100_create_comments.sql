-- A comment with what is known of its sender (keyed hashes only) and why it was held. Times are microseconds since 1970 in UTC.
create table comments (
    site_id text not null,
    comment_id blob not null,
    article_id text not null,
    -- the root that a reply belongs to, and the comment that the reader answered
    parent_id blob,
    reply_to blob,
    author_name text not null,
    title text not null,
    content text not null,
    status text not null,
    revision integer not null,
    created_at integer not null,
    published_at integer,
    reviewed_at integer,
    -- public replies, changed in the same transaction as their status
    reply_count integer not null,
    device blob,
    address blob,
    prefix blob,
    author text not null,
    fingerprint blob not null,
    -- all text folded: what the queue's search looks through
    folded text not null,
    findings text not null,
    spam_score real not null,
    constraint comments_key primary key (site_id, comment_id),
    constraint comments_of_article foreign key (site_id, article_id) references articles (site_id, article_id),
    constraint comments_of_parent foreign key (site_id, parent_id) references comments (site_id, comment_id),
    constraint comments_status_known
        check (status in ('PENDING', 'APPROVED', 'REJECTED', 'SPAM', 'REMOVED', 'ERASED')),
    -- pages of readers are ordered by it
    constraint comments_published check (status not in ('APPROVED', 'REMOVED') or published_at is not null),
    constraint comments_reply_count_not_negative check (reply_count >= 0)
) strict;
