select id, article, author, title, content, score, created_at from bench_comments where status = 0 order by created_at, id limit 20;
