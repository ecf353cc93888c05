\set article random(0, 4999)
select id, author, title, content, created_at from bench_comments where article = :article and status = 1 and (created_at, id) > ('2000-01-01', '00000000-0000-0000-0000-000000000000') order by created_at, id limit 20;
