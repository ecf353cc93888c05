-- Who may not write, or not unseen. The subject is a keyed hash, or an author key's text.
create table bans (
    site_id text not null,
    ban_id blob not null,
    subject_kind text not null,
    subject blob not null,
    effect text not null,
    reason text not null,
    note text not null,
    created_by text not null,
    created_at integer not null,
    expires_at integer not null,
    -- the comment it was made from
    comment_id blob,
    batch_id blob,
    revoked_at integer,
    revoked_by text not null,
    constraint bans_key primary key (site_id, ban_id),
    constraint bans_subject_known check (subject_kind in ('DEVICE', 'IP_PREFIX', 'FINGERPRINT', 'AUTHOR')),
    constraint bans_effect_known check (effect in ('BLOCK', 'HOLD'))
) strict;

-- Asked by every submit.
create index bans_by_subject on bans (site_id, subject_kind, subject, expires_at) where revoked_at is null;

create index bans_by_time on bans (site_id, created_at, ban_id);
