-- Shows that a server with the keys stored the token as it stands: an HMAC over its id, site, name, role, expiry and
-- secret's hash, once for each key of the ring. 36 bytes each: the key's mark, then the HMAC.
alter table tokens add column macs bytea;
