-- Why a comment that is not PENDING waits for a moderator all the same: since when reports or a takedown put it back.
alter table comments add column flagged_at timestamptz;

-- Devices that ever reported it, and those since a moderator last looked.
alter table comments add column reports integer not null default 0;
alter table comments add column open_reports integer not null default 0;

-- A demand to take it down, and its clock.
alter table comments add column takedown_kind text constraint comments_takedown_known check (takedown_kind in ('AUTHORITY', 'COMPLAINT'));
alter table comments add column due_at timestamptz;
