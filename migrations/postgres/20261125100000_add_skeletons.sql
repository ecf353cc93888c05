-- What a campaign's copies have in common; null where a text is too short to tell, or older than this column: then the same text is
-- the same fingerprint.
alter table comments add column skeleton bytea;

create index comments_by_skeleton on comments (site_id, coalesce(skeleton, fingerprint), created_at);
