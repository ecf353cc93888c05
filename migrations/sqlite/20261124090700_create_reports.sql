-- What readers found wrong: one per reporter and comment.
create table reports (
    site_id text not null,
    comment_id blob not null,
    -- keyed hash of the device, else of the address
    reporter blob not null,
    reason text,
    -- the reader's own words
    note text not null,
    created_at integer not null,
    constraint reports_key primary key (site_id, comment_id, reporter),
    constraint reports_of_comment foreign key (site_id, comment_id) references comments (site_id, comment_id)
) strict, without rowid;
