-- Access tokens: the secret only as a hash.
create table tokens (
    site_id text collate "C" not null,
    token_id uuid not null,
    name text collate "C" not null,
    role text not null,
    secret_hash bytea not null,
    created_at timestamptz not null,
    expires_at timestamptz,
    revoked_at timestamptz,
    constraint tokens_key primary key (site_id, token_id),
    -- a caller is looked up by id before its site is known
    constraint tokens_id_unique unique (token_id),
    constraint tokens_role_known check (role in ('PORTAL', 'MODERATOR', 'ADMIN', 'METRICS'))
);

-- The name stands in the audit, so two live tokens never share one.
create unique index tokens_live_name on tokens (site_id, name) where revoked_at is null;
