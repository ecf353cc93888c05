-- The terms of each indexed comment, hashes of its words, with the number by which the index of terms knows it.
create table search_terms (
    site_id text not null,
    comment_id blob not null,
    document integer not null,
    terms text not null,
    constraint search_terms_key primary key (site_id, comment_id),
    constraint search_terms_document unique (document)
) strict;

create virtual table search_index using fts5 (
    terms, content = 'search_terms', content_rowid = 'document', detail = 'none', columnsize = 0, tokenize = 'ascii'
);

-- What is deleted leaves no trace in the index.
insert into search_index (search_index, rank) values ('secure-delete', 1);
