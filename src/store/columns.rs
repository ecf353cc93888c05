//! Column lists for `concat!`, in the order in which `rows.rs` reads them.

/// Lists columns of the table `$t`.
macro_rules! columns {
    ($t:literal, $first:ident $(, $column:ident)*) => {
        concat!($t, ".", stringify!($first) $(, ", ", $t, ".", stringify!($column))*)
    };
}

macro_rules! comment_columns {
    ($t:literal) => {
        concat!(
            columns!($t, comment_id, article_id, parent_id, reply_to, author_name, title, content, status),
            ", ",
            columns!($t, revision, created_at, published_at, reviewed_at, reply_count),
            ", ",
            columns!($t, flagged_at, reports, open_reports, takedown_kind, due_at)
        )
    };
}

macro_rules! article_columns {
    ($t:literal) => {
        columns!($t, article_id, title, url, mode, close_at, revision, public_count, published_at, created_at)
    };
}

macro_rules! site_columns {
    ($t:literal) => {
        columns!(
            $t,
            revision,
            mode,
            auto_close_days,
            report_threshold,
            lockdown_until,
            lockdown_note,
            lockdown_by,
            lockdown_harder_challenges
        )
    };
}

/// Selects the record of a device from its comments `o`. `$by_device` is the condition on site and device, and
/// `$latest_first` the order. An approval counts only if a person decided on that very comment, and an expiry does not
/// count. The result is always one row.
macro_rules! record_of_device {
    ($by_device:literal, $latest_first:literal, $since:literal, $suspected_since:literal) => {
        concat!(
            "(select count(*) filter (where n.vouched) as approved,
                count(*) filter (where n.status in ('REJECTED', 'REMOVED', 'SPAM')
                    and n.judged_by is distinct from 'SYSTEM') as refused,
                coalesce(max(n.spam_score) filter (where not n.vouched and n.created_at >= ",
            $suspected_since,
            "), 0.0) as worst_score
            from (select o.status, o.judged_by, o.spam_score, o.created_at,
                    o.status = 'APPROVED' and coalesce(o.judged_by, '') = 'PERSON' as vouched
                from comments o
                where ",
            $by_device,
            " and o.created_at >= ",
            $since,
            " order by ",
            $latest_first,
            " limit 100) n)"
        )
    };
}

/// The condition that the submit `q` repeats comment `o` of its device, as `Words` of the domain defines it. It
/// compares texts instead of their hashes, because an edited or erased comment has no duplicates.
macro_rules! repeated_by_q {
    () => {
        "o.created_at >= q.duplicates_since and o.article_id = q.article_id and o.reply_to is not distinct from q.parent_id
            and o.author_name = q.author_name and o.title = q.title and o.content = q.content
            and (o.status in ('PENDING', 'APPROVED') or (o.status = 'SPAM' and o.reviewed_at is null))"
    };
}

/// The columns of the response to a submit that repeats comment `d`.
macro_rules! duplicate_columns {
    () => {
        "d.comment_id, case d.status when 'APPROVED' then d.published_at end"
    };
}

macro_rules! record_columns {
    ($t:literal) => {
        columns!($t, approved, refused, worst_score)
    };
}
