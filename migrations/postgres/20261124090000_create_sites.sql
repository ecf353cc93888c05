-- How a site takes comments. A site without a row has the service's settings.
create table sites (
    site_id text collate "C" not null,
    -- null inherits the setting
    mode text,
    -- articles close so many days after their publication; 0 means never
    auto_close_days integer not null,
    -- so many open reports bring a comment back; 0 means the default
    report_threshold integer not null,
    revision bigint not null,
    -- null when nobody called a lockdown; one in the past is over
    lockdown_until timestamptz,
    lockdown_note text not null,
    lockdown_by text not null,
    constraint sites_key primary key (site_id),
    constraint sites_mode_known check (mode in ('PRE', 'POST', 'HYBRID', 'CLOSED', 'HIDDEN'))
);
