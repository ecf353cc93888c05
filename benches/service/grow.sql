-- Inserts :n comments and their related rows, as submits, decisions and background jobs would have written them: ten
-- thousand comments a day, a tenth of them pending (only those of the last 290 days), 85 in 100 public, 5 in 100
-- rejected by one of twelve moderators. Each text is unique: three words of a vocabulary of 20,000, one word that
-- 50,000 comments in a row share, and a fixed sentence.
\set ON_ERROR_STOP on
select greatest(:n / 100, 100) as articles, greatest(:n / 20, 100) as devices, now() as base \gset
set maintenance_work_mem = '1GB';
set work_mem = '256MB';
set synchronous_commit = off;
set jit = off;
-- Foreign keys are not checked, because every referenced row is inserted here.
set session_replication_role = replica;
-- Indexes are created after the rows, which is many times faster, and no VACUUM runs concurrently.
create temp table indexes as select indexname, indexdef from pg_indexes
    where tablename in ('comments', 'audit', 'search_terms') and indexname not in ('comments_key', 'audit_key', 'search_terms_key');
do $$ declare one record; begin
    for one in select * from indexes loop execute 'drop index ' || one.indexname; end loop;
    for one in select unnest(array['comments', 'audit', 'search_terms', 'articles', 'stats_buckets']) as name loop
        execute 'alter table ' || one.name || ' set (autovacuum_enabled = off)';
    end loop;
end $$;

-- Computes the term of a word, as src/domain/search.rs does. Each word is mapped once.
create function pg_temp.term(form text, word text) returns text language sql immutable as $$
    select string_agg(substr('0123456789abcdefghijklmnopqrstuv', ((bits >> (5 * i)) & 31)::integer + 1, 1), '' order by i)
    from (select ('x' || left(encode(sha256('default'::bytea || '\x00'::bytea || convert_to(form || word, 'UTF8')), 'hex'), 16))::bit(64)::bigint)
            hash (bits),
        generate_series(0, 9) i
$$;
-- The tone mark of a word is moved to its end.
create temp table refrain as
    select array_agg(distinct pg_temp.term(form, term)) as terms
    from (select normalize(word, NFD) as nfd
            from regexp_split_to_table('nguyễn thị lan mừng quá bình luận của bà con đi chợ', ' ') word) words,
        lateral (select 'm' as form,
                normalize(regexp_replace(nfd, U&'[\0300\0301\0303\0309\0323]', '', 'g')
                    || regexp_replace(nfd, U&'[^\0300\0301\0303\0309\0323]', '', 'g'), NFD) as term
            union all
            select 'p', replace(regexp_replace(nfd, U&'[\0300-\036f]', '', 'g'), 'đ', 'd') where nfd ~ U&'[\0300-\036fđ]') forms;
create temp table words as
    select i, 'tu' || i as word, pg_temp.term('m', 'tu' || i) as term from generate_series(0, least(:n * 2, 20000) - 1) i;
create temp table phrases as
    select p, ' ' || one.word || ' ' || two.word || ' ' || three.word as said,
        array_to_tsvector(refrain.terms || array[one.term, two.term, three.term]) as terms
    from refrain, generate_series(0, least(:n, 49999)) p
    join words one on one.i = p % 20000 join words two on two.i = (p * 7919::bigint) % least(:n, 20000) join words three on three.i = p / 100;
create temp table subjects as
    select q, ' chuyen' || q as said, array_to_tsvector(array[pg_temp.term('m', 'chuyen' || q)]) as terms
    from generate_series(0, :n / 50000) q;
analyze words, phrases, subjects;

-- The oldest rows come first, so that keys increase.
create temp view seeds as
    select n, 'bai-' || n % :articles as article_id, status, at, hash, least(at + interval '10 minutes', :'base'::timestamptz) as decided_at,
        (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || '7' || substr(hash, 1, 3) || 'a' || substr(hash, 4, 15))::uuid
            as comment_id
    from (select n, status, md5(n::text) as hash, :'base'::timestamptz
                - (case status when 'PENDING' then (n * 8.64::float8)::bigint % 25000000 else n * 8.64::float8 end) * interval '1 second' as at
            from (select n, case (n + n / :articles) % 20 when 0 then 'PENDING' when 10 then 'PENDING' when 1 then 'REJECTED' else 'APPROVED' end
                        as status
                    from generate_series(:n, 1, -1) n offset 0) numbers
            offset 0) seeded;

-- Rows of a table that was truncated in the same transaction need no write-ahead log if `wal_level` is minimal.
begin;
truncate comments, claims, notes, reports, search_terms;
insert into comments (site_id, comment_id, article_id, author_name, title, content, status, revision, created_at, published_at, reviewed_at,
        judged_by, reply_count, device, author, fingerprint, folded, findings, spam_score)
    select 'default', comment_id, article_id, 'Nguyễn Thị Lan', 'Mừng quá',
        'Bình luận' || phrases.said || subjects.said || ' của' || repeat(' bà con đi chợ', 12),
        status, case status when 'REJECTED' then 2 else 1 end, at, case status when 'APPROVED' then at end,
        case status when 'REJECTED' then decided_at end, case status when 'REJECTED' then 'PERSON' end, 0,
        decode(md5((n % :devices)::text), 'hex'), 'a' || n % :devices, decode(hash, 'hex'),
        'nguyen thi lan mung qua binh luan' || phrases.said || subjects.said || ' cua' || repeat(' ba con di cho', 12), '[]', (n % 1000) / 1000.0
    from seeds join phrases on p = n % 50000 join subjects on q = n / 50000;
insert into search_terms (site_id, comment_id, terms)
    select 'default', comment_id, phrases.terms || subjects.terms from seeds join phrases on p = n % 50000 join subjects on q = n / 50000;
commit;
-- Decisions go back as far as statistics are kept, because the service learns from all entries of its log while calls
-- are measured.
insert into audit (site_id, audit_id, at, actor, action, comment_id, article_id, from_status, to_status, revision, reason, note)
    select 'default', comment_id, decided_at, 'bien-tap-' || n / 20 % 12, 'REJECT', comment_id, article_id, 'PENDING', status, 2,
        'OFF_TOPIC', ''
    from seeds where status = 'REJECTED' and decided_at >= :'base'::timestamptz - interval '93 days';
do $$ declare one record; begin for one in select * from indexes loop execute one.indexdef; end loop; end $$;
insert into articles (site_id, article_id, title, url, revision, public_count, created_at)
    select 'default', article_id, 'Khánh thành cầu Bến Thủy', 'https://bao.example/bai', 1, count(*) filter (where status = 'APPROVED'),
        min(created_at)
    from comments group by article_id;
-- Statistics go back as far as they are kept.
insert into stats_buckets (site_id, kind, bucket, name, amount)
    select site_id, case status when 'PENDING' then 'WAITING' else 'SETTLED' end, date_trunc('hour', created_at, 'UTC'), status, count(*)
    from comments where status = 'PENDING' or created_at >= date_trunc('hour', :'base'::timestamptz - interval '93 days', 'UTC') group by 1, 2, 3, 4
    union all
    select site_id, 'DECISIONS', date_trunc('hour', at, 'UTC'), actor, count(*) from audit
    where at >= date_trunc('hour', :'base'::timestamptz - interval '93 days', 'UTC') group by 1, 3, 4;
insert into stats_buckets (site_id, kind, bucket, name, amount)
    select site_id, 'WAITING_DAY', date_trunc('day', bucket, 'UTC'), '', sum(amount)
    from stats_buckets where kind = 'WAITING' group by 1, 2, 3
    union all
    select site_id, 'WAITING_MONTH', date_bin('30 days', bucket, timestamptz 'epoch'), '', sum(amount)
    from stats_buckets where kind = 'WAITING' group by 1, 2, 3
    union all
    select site_id, case kind when 'DECISIONS' then 'DECISIONS_DAY' else 'SUBMITTED_DAY' end, date_trunc('day', bucket, 'UTC'), name,
        sum(amount)
    from stats_buckets where kind in ('WAITING', 'SETTLED', 'DECISIONS') group by 1, 2, 3, 4
    union all
    select site_id, 'ACTIVE_HOURS', date_trunc('day', bucket, 'UTC'), name, count(*)
    from stats_buckets where kind = 'DECISIONS' group by 1, 2, 3, 4;
-- The state after autovacuum.
do $$ declare one record; begin
    for one in select unnest(array['comments', 'audit', 'search_terms', 'articles', 'stats_buckets']) as name loop
        execute 'alter table ' || one.name || ' reset (autovacuum_enabled)';
    end loop;
end $$;
vacuum analyze comments, audit, search_terms, articles, stats_buckets;
-- Seeded data is flushed now, and not during the first calls.
checkpoint;
