-- no-transaction
-- Only bans of a text looked it up. They go by the index of campaigns, which holds the same text.
drop index concurrently if exists comments_by_fingerprint;
