-- A request and the nonce that it spends are one row: a submission writes one table less. A row without a request is a nonce that was
-- spent outside of one.
create table merged_requests (
    site_id text not null,
    request_id blob,
    -- the nonce of the challenge that the request spent
    nonce blob,
    payload_hash blob,
    -- JSON, read only by who wrote it
    response text,
    -- what the request made
    made_by blob,
    created_at integer not null,
    constraint requests_key unique (site_id, request_id),
    constraint requests_nonce_key unique (site_id, nonce),
    constraint requests_not_empty check (request_id is not null or nonce is not null)
) strict;

insert into merged_requests (site_id, request_id, nonce, payload_hash, response, made_by, created_at)
select r.site_id, r.request_id,
    (select n.nonce from captcha_nonces n where n.site_id = r.site_id and n.spent_by = r.made_by limit 1),
    r.payload_hash, r.response, r.made_by, r.created_at
from requests r;

insert into merged_requests (site_id, nonce, created_at)
select n.site_id, n.nonce, n.spent_at from captcha_nonces n where true
on conflict do nothing;

drop table captcha_nonces;
drop table requests;
alter table merged_requests rename to requests;
