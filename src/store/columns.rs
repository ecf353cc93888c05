//! Column lists for `concat!`, in the order in which `rows.rs` reads them.

/// Columns of the table `$t`.
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
            columns!($t, revision, created_at, published_at, reviewed_at, reply_count)
        )
    };
}

/// A comment `c` with its article's title and address: looked up per row, so that no join can cost a page its index order.
macro_rules! case_columns {
    () => {
        concat!(
            comment_columns!("c"),
            ", c.findings, c.spam_score, c.author,
            (select a.title from articles a where a.site_id = c.site_id and a.article_id = c.article_id),
            (select a.url from articles a where a.site_id = c.site_id and a.article_id = c.article_id)"
        )
    };
}

macro_rules! article_columns {
    ($t:literal) => {
        columns!($t, article_id, title, url, mode, close_at, revision, public_count)
    };
}

macro_rules! audit_columns {
    () => {
        "audit_id, at, actor, action, comment_id, article_id, from_status, to_status, revision, reason, note, request_id"
    };
}

macro_rules! token_columns {
    () => {
        "token_id, site_id, name, role, secret_hash, created_at, expires_at, revoked_at"
    };
}
