-- Only bans of a text looked it up. They go by the index of campaigns, which holds the same text.
drop index comments_by_fingerprint;
