-- What moderators told each other about a comment.
create table notes (
    site_id text not null,
    note_id blob not null,
    comment_id blob not null,
    at integer not null,
    actor text not null,
    text text not null,
    constraint notes_key primary key (site_id, note_id),
    constraint notes_of_comment foreign key (site_id, comment_id) references comments (site_id, comment_id)
) strict;

create index notes_by_comment on notes (site_id, comment_id, at, note_id);
