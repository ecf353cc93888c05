-- Requests and their first answers, so that a repeated one gets the same answer.
create table requests (
    site_id text collate "C" not null,
    request_id uuid not null,
    payload_hash bytea not null,
    -- JSON, read only by who wrote it: kept as it was written
    response text not null,
    -- what the request made: tells twins apart
    made_by uuid not null,
    created_at timestamptz not null,
    constraint requests_key primary key (site_id, request_id)
);

-- Old requests are forgotten across sites.
create index requests_by_age on requests (created_at);
