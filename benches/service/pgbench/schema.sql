-- A minimal comment table: ten columns, a 300-byte body, a key and two partial indexes.
create table bench_comments (
    id uuid primary key default gen_random_uuid(),
    article integer not null,
    parent uuid,
    author text not null,
    title text not null,
    content text not null,
    status smallint not null,
    score real not null,
    device bytea not null,
    created_at timestamptz not null default clock_timestamp()
);
create index bench_public on bench_comments (article, created_at, id) where status = 1;
create index bench_waiting on bench_comments (created_at, id) where status = 0;
create table bench_tokens (token uuid primary key, spent_at timestamptz not null);
-- One comment in ten is pending.
insert into bench_comments (article, author, title, content, status, score, device, created_at)
    select n % 5000, 'Nguyễn Thị Lan', 'Mừng quá', repeat('x', 300), case when n % 10 = 0 then 0 else 1 end, 0.1, decode(md5(n::text), 'hex'),
        now() - n * interval '1 second'
    from generate_series(1, 1000000) n;
vacuum analyze bench_comments;
