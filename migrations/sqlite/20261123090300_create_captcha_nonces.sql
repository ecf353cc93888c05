-- Spent challenges: of any number of parallel tries exactly one writes the row.
create table captcha_nonces (
    site_id text not null,
    nonce blob not null,
    -- the comment that used it; null when it was spent without one
    spent_by blob,
    spent_at integer not null,
    constraint captcha_nonces_key primary key (site_id, nonce)
) strict, without rowid;

-- Old nonces are forgotten across sites.
create index captcha_nonces_by_age on captcha_nonces (spent_at);
