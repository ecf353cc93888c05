-- Inserts :n comments: ten thousand a day, a tenth of them pending (only those of the last 290 days), 85 in 100
-- public. Indexes are created afterwards, which is many times faster.
create temp table defs as select indexname, indexdef from pg_indexes where tablename = 'comments' and indexname <> 'comments_key';
do $$ declare one record; begin for one in select * from defs loop execute 'drop index ' || one.indexname; end loop; end $$;
set maintenance_work_mem = '1GB';
set synchronous_commit = off;
insert into articles (site_id, article_id, title, url, revision, public_count, created_at)
    select 'default', 'bai-' || n, 'Khánh thành cầu Bến Thủy', 'https://bao.example/bai', 1, 85, now() from generate_series(0, greatest(:n / 100, 100) - 1) n;
set session_replication_role = replica;
insert into comments (site_id, comment_id, article_id, author_name, title, content, status, revision, created_at, published_at, reply_count,
        device, author, fingerprint, folded, findings, spam_score)
    select 'default', (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || '7' || substr(hash, 1, 19))::uuid,
        'bai-' || n % greatest(:n / 100, 100), 'Nguyễn Thị Lan', 'Mừng quá', 'Bình luận số ' || n || ' của ' || hash || repeat(' bà con đi chợ', 12),
        status, 1, at, case when status = 'APPROVED' then at end, 0, decode(md5((n % greatest(:n / 20, 100))::text), 'hex'),
        'a' || n % greatest(:n / 20, 100), decode(hash, 'hex'), 'nguyen thi lan mung qua binh luan so ' || n || ' cua ' || hash || repeat(' ba con di cho', 12),
        '[]', (n % 1000) / 1000.0
    from (select n, md5(n::text) hash, case when n % 10 = 0 then 'PENDING' when n % 20 = 1 then 'REJECTED' else 'APPROVED' end as status,
            now() - (case when n % 10 = 0 then (n * 8.64)::bigint % 25000000 else n * 8.64 end) * interval '1 second' as at
        from generate_series(1, :n) n) rows;
do $$ declare one record; begin for one in select * from defs loop execute one.indexdef; end loop; end $$;
-- The statistics, as the migration fills them.
insert into stats_buckets (site_id, kind, bucket, name, amount)
    select site_id, case status when 'PENDING' then 'WAITING' else 'SETTLED' end, date_trunc('hour', created_at, 'UTC'), status, count(*)
    from comments group by 1, 2, 3, 4;
insert into stats_buckets (site_id, kind, bucket, name, amount)
    select site_id, 'WAITING_DAY', date_trunc('day', bucket, 'UTC'), '', sum(amount) from stats_buckets where kind = 'WAITING' group by 1, 2, 3
    union all
    select site_id, 'WAITING_MONTH', date_bin('30 days', bucket, timestamptz 'epoch'), '', sum(amount) from stats_buckets where kind = 'WAITING' group by 1, 2, 3;
vacuum analyze stats_buckets;
-- The words, as the job would index them: words that all comments have, and two that are unique to each comment.
create temp table words as select indexdef from pg_indexes where indexname = 'search_terms_by_term';
drop index search_terms_by_term;
create function pg_temp.term(word text) returns text language sql immutable as $$
    select string_agg(substr('0123456789abcdefghijklmnopqrstuv', ((bits >> (5 * i)) & 31)::integer + 1, 1), '' order by i)
    from (select ('x' || left(encode(sha256('default'::bytea || '\x006d'::bytea || word::bytea), 'hex'), 16))::bit(64)::bigint) hash (bits),
        generate_series(0, 9) i
$$;
insert into search_terms (site_id, comment_id, terms)
    select site_id, comment_id, array_to_tsvector(string_to_array('0fgpmevt15 1bpaler5a0 2qfjtp72ej 3l8ccpgg1l 4d210eu47r 8u2h5q3smc ad9s1i0dok'
        || ' ajn8mneaei anprg16cf1 c1ee72a6on cvot6cnm2o ebvuqqj95k eqem4ie2ru fonpqojvii g0oum3t7vu mrhnh6026a mvt5aa6j47 o6v54tufli'
        || ' p1jqq4ephk rgj18ui4b5 rsplcue42j s7v4p1o80s u5uk18ulub vtrs3oenq0', ' ')
        || pg_temp.term(split_part(content, ' ', 4)) || pg_temp.term(split_part(content, ' ', 6)))
    from comments where content like 'Bình luận số %'
    on conflict do nothing;
do $$ declare one record; begin for one in select * from words loop execute one.indexdef; end loop; end $$;
-- The state after autovacuum.
vacuum analyze articles;
vacuum analyze comments;
vacuum analyze search_terms;
-- Seeded data is flushed now, and not during the first calls.
checkpoint;
