-- Who looks at which comment, and until when. A row in the past is nobody's.
create table claims (
    site_id text collate "C" not null,
    comment_id uuid not null,
    moderator text not null,
    expires_at timestamptz not null,
    constraint claims_key primary key (site_id, comment_id),
    constraint claims_of_comment foreign key (site_id, comment_id) references comments (site_id, comment_id)
);

create index claims_by_moderator on claims (site_id, moderator);
