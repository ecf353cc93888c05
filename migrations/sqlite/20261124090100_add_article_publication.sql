-- When the portal published the article; null when it did not say: then its first comment counts.
alter table articles add column published_at integer;
