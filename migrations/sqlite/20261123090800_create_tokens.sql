-- Access tokens: the secret only as a hash.
create table tokens (
    site_id text not null,
    token_id blob not null,
    name text not null,
    role text not null,
    secret_hash blob not null,
    created_at integer not null,
    expires_at integer,
    revoked_at integer,
    constraint tokens_key primary key (site_id, token_id),
    -- a caller is looked up by id before its site is known
    constraint tokens_id_unique unique (token_id),
    constraint tokens_role_known check (role in ('PORTAL', 'MODERATOR', 'ADMIN', 'METRICS'))
) strict;

-- The name stands in the audit, so two live tokens never share one.
create unique index tokens_live_name on tokens (site_id, name) where revoked_at is null;
