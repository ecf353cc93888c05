-- Inserts ten thousand bans in force and ten thousand terms, none of which matches a comment of the benchmark.
insert into bans (site_id, ban_id, subject_kind, subject, effect, reason, note, created_by, created_at, expires_at, revoked_by)
    select 'default', gen_random_uuid(), (array['DEVICE', 'IP_PREFIX', 'FINGERPRINT', 'AUTHOR'])[n % 4 + 1], decode(md5('ban' || n), 'hex'), 'BLOCK',
        'SPAM_AD', '', 'bench', now(), now() + interval '30 days', '' from generate_series(1, 10000) n;
insert into terms (site_id, term_id, pattern, match_key, tier, state, weight, note, revision, updated_by, updated_at)
    select 'default', gen_random_uuid(), 'cấm ' || md5(n::text), 'cấm ' || md5(n::text), case n % 2 when 0 then 'EXACT' else 'STRIPPED' end, 'ENFORCE', 1, '',
        1, 'bench', now() from generate_series(1, 10000) n;
vacuum analyze bans, terms;
