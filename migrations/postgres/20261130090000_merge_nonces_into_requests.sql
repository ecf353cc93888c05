-- A request and the nonce that it spends are one row: a submission writes one table less. A row without a request is a nonce that was
-- spent outside of one.
alter table requests drop constraint requests_key;
alter table requests
    alter column request_id drop not null,
    alter column payload_hash drop not null,
    alter column response drop not null,
    alter column made_by drop not null,
    add column nonce bytea;

update requests r set nonce = n.nonce from captcha_nonces n where n.site_id = r.site_id and n.spent_by = r.made_by;

insert into requests (site_id, nonce, created_at)
select n.site_id, n.nonce, n.spent_at from captcha_nonces n
where not exists (select 1 from requests r where r.site_id = n.site_id and r.nonce = n.nonce);

alter table requests
    add constraint requests_key unique (site_id, request_id),
    add constraint requests_nonce_key unique (site_id, nonce),
    add constraint requests_not_empty check (request_id is not null or nonce is not null);

drop index requests_by_age;
drop table captcha_nonces;
