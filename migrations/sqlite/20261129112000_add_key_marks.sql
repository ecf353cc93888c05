-- Which key keys a row; null: one of the keys that were recorded first.
alter table comments add column key_mark integer;
-- Which key keys a comment's address and prefix, where that is another one than the row's; 0: one of those recorded
-- first.
alter table comments add column address_key_mark integer;
alter table bans add column key_mark integer;
alter table reports add column key_mark integer;
