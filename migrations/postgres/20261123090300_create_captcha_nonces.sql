-- Spent challenges: of any number of parallel tries exactly one writes the row.
create table captcha_nonces (
    site_id text collate "C" not null,
    nonce bytea not null,
    -- the comment that used it; null when it was spent without one
    spent_by uuid,
    spent_at timestamptz not null,
    constraint captcha_nonces_key primary key (site_id, nonce)
);

-- Old nonces are forgotten across sites.
create index captcha_nonces_by_age on captcha_nonces (spent_at);
