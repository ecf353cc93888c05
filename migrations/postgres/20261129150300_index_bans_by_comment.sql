-- no-transaction
-- An erasure empties the notes of bans that were made from its comments.
create index concurrently if not exists bans_by_comment on bans (site_id, comment_id) where comment_id is not null;
