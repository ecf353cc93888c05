-- Requests and their first answers, so that a repeated one gets the same answer.
create table requests (
    site_id text not null,
    request_id blob not null,
    payload_hash blob not null,
    -- JSON, read only by who wrote it
    response text not null,
    -- what the request made: tells twins apart
    made_by blob not null,
    created_at integer not null,
    constraint requests_key primary key (site_id, request_id)
) strict, without rowid;

-- Old requests are forgotten across sites.
create index requests_by_age on requests (created_at);
