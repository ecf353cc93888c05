-- Inserts 50 public comments for each of a hundred articles, spread over a day.
insert into articles (site_id, article_id, title, url, revision, public_count, created_at)
    select 'default', 'bai-' || n, 'Khánh thành cầu Bến Thủy', 'https://bao.example/bai', 1, 50, now() from generate_series(0, 99) n;
insert into comments (site_id, comment_id, article_id, author_name, title, content, status, revision, created_at, published_at, reply_count,
        author, fingerprint, folded, findings, spam_score)
    select 'default', gen_random_uuid(), 'bai-' || n % 100, 'Nguyễn Thị Lan', 'Mừng quá', repeat('x', 300), 'APPROVED', 2,
        now() - n * interval '17 seconds', now() - n * interval '17 seconds', 0, 'a' || n % 1000, decode(md5(n::text), 'hex'), repeat('x', 300), '[]', 0.1
    from generate_series(1, 5000) n;
analyze;
