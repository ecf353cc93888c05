\set article random(1, 100)
insert into bench_comments (article, author, title, content, status, score, device) values (:article, 'Nguyễn Thị Lan', 'Mừng quá', repeat('x', 300), 0, 0.1, decode(md5(:article::text), 'hex'));
