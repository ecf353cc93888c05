-- Comments that are not indexed yet: a row for each batch of submits, because each row and index entry costs the submits. Older
-- comments are indexed by the same job, a hundred at a time.
create table search_backlog (
    site_id text collate "C" not null,
    batch_id uuid not null,
    size integer not null,
    comment_ids uuid[] not null,
    constraint search_backlog_key primary key (site_id, batch_id)
);

insert into search_backlog (site_id, batch_id, size, comment_ids)
select site_id, (array_agg(comment_id))[1], count(*), array_agg(comment_id)
from (
    select site_id, comment_id, (row_number() over (partition by site_id order by comment_id) - 1) / 100 as batch
    from comments where status <> 'ERASED'
) old
group by site_id, batch;
