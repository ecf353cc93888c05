//! The moderators' queue. SQL stays static: a statement per order, once with the literal status that the partial
//! indexes hold and once for any.

use sqlx::{
    SqlitePool,
    query::Query,
    sqlite::{Sqlite, SqliteArguments},
};

use super::micros;
use crate::{
    domain::{
        Result,
        case::{Case, EXACT_TOTAL, QueueFilter, QueueOrder},
        id::SiteId,
        lifecycle::Status,
        page::{Cursor, Page, QueuePage},
    },
    store::{
        QueueGauge, keyset, parse,
        rows::{self, Read as _, Reader},
    },
};

/// Parameters 1 to 9.
macro_rules! matching {
    ($status:literal) => {
        concat!(
            "c.site_id = $1 and ",
            $status,
            " and ($2 is null or c.article_id = $2)
            and not exists (select 1 from json_each($3) word where instr(c.folded, word.value) = 0)
            and ($4 is null or exists (select 1 from json_each(c.findings) found where found.value ->> 'rule' = $4))
            and ($5 is null or c.author = $5) and ($6 is null or c.spam_score >= $6)
            and ($7 is null or c.spam_score <= $7) and (not $8 or c.reviewed_at is null)"
        )
    };
    () => {
        matching!("c.status = 'PENDING'")
    };
    (any) => {
        matching!("c.status in (select value from json_each($9))")
    };
}

macro_rules! page {
    ($index:literal, $matching:expr, $after:literal, $order:literal) => {
        concat!(
            "select ",
            case_columns!(),
            " from comments c ",
            $index,
            " where ",
            $matching,
            " and ",
            $after,
            " order by ",
            $order,
            " limit $12"
        )
    };
}

/// Without statistics SQLite prefers a longer index over a partial one, so the index is named.
macro_rules! pages {
    ($order:expr, $by_age:literal, $by_score:literal, $matching:expr) => {
        match $order {
            QueueOrder::Oldest => {
                page!($by_age, $matching, "(c.created_at, c.comment_id) > ($10, $11)", "c.created_at, c.comment_id")
            }
            QueueOrder::Newest => page!(
                $by_age,
                $matching,
                "(c.created_at, c.comment_id) < ($10, $11)",
                "c.created_at desc, c.comment_id desc"
            ),
            // The first condition follows from the second; SQLite seeks by it, which it cannot by a row of expressions.
            QueueOrder::Score => page!(
                $by_score,
                $matching,
                "-c.spam_score >= $10 and (-c.spam_score, c.comment_id) > ($10, $11)",
                "-c.spam_score, c.comment_id"
            ),
        }
    };
}

macro_rules! count {
    ($index:literal, $matching:expr) => {
        concat!("select count(*) from (select 1 from comments c ", $index, " where ", $matching, " limit $10)")
    };
}

const fn page(order: QueueOrder, only_pending: bool) -> &'static str {
    if only_pending {
        pages!(order, "indexed by comments_pending_by_age", "indexed by comments_pending_by_score", matching!())
    } else {
        pages!(order, "indexed by comments_by_age", "", matching!(any))
    }
}

const COUNT_PENDING: &str = count!("indexed by comments_pending_by_age", matching!());
const COUNT_ANY: &str = count!("", matching!(any));

fn only_pending(filter: &QueueFilter) -> bool {
    filter.status == [Status::Pending]
}

fn ask<'q>(sql: &'static str, site: &SiteId, filter: &QueueFilter) -> Query<'q, Sqlite, SqliteArguments> {
    sqlx::query(sql)
        .bind(site.as_str().to_owned())
        .bind(filter.article.as_ref().map(|id| id.as_str().to_owned()))
        .bind(parse::json_list(parse::words(filter.query.as_deref())))
        .bind(filter.rule.as_deref().map(parse::needle))
        .bind(filter.author.as_deref().map(parse::needle))
        .bind(filter.min_score)
        .bind(filter.max_score)
        .bind(filter.unreviewed)
        .bind(parse::json_list(filter.status.iter().map(|status| status.as_str())))
}

pub(super) async fn list(pool: &SqlitePool, page: &QueuePage<'_>) -> Result<Page<Case>> {
    let query = ask(self::page(page.order, only_pending(page.filter)), page.site, page.filter);
    let query = match page.order {
        QueueOrder::Oldest => {
            let start = keyset::ascending(page.after);
            query.bind(micros(start.at)).bind(start.id)
        }
        QueueOrder::Newest => {
            let start = keyset::descending(page.after);
            query.bind(micros(start.at)).bind(start.id)
        }
        QueueOrder::Score => {
            let start = keyset::ascending(page.after);
            query.bind(-start.score).bind(start.id)
        }
    };
    let rows = query.bind(parse::limit(page.size + 1)).fetch_all(pool).await?;
    let cases = rows.iter().map(|row| rows::case(&mut Reader::new(row))).collect::<Result<_>>()?;
    Ok(Page::of(cases, page.size, |case: &Case| Cursor {
        at: case.comment.created_at,
        id: case.comment.id.0,
        score: case.spam_score,
    }))
}

pub(super) async fn count(pool: &SqlitePool, site: &SiteId, filter: &QueueFilter) -> Result<i64> {
    let sql = if only_pending(filter) { COUNT_PENDING } else { COUNT_ANY };
    let row = ask(sql, site, filter).bind(EXACT_TOTAL + 1).fetch_one(pool).await?;
    Reader::new(&row).long()
}

pub(super) async fn gauges(pool: &SqlitePool) -> Result<Vec<QueueGauge>> {
    let sql = "select site_id, count(*), min(created_at) from comments indexed by comments_pending_by_age
        where status = 'PENDING' group by site_id";
    let rows = sqlx::query(sql).fetch_all(pool).await?;
    let gauge = |row| {
        let mut columns = Reader::new(row);
        Ok(QueueGauge { site: parse::site(&columns.text()?)?, pending: columns.long()?, oldest: columns.maybe_time()? })
    };
    rows.iter().map(gauge).collect()
}
