-- Old rows are found by their time.
create index requests_by_age on requests (created_at);
