//! The queue's statements. SQL stays static: one per shape of filter, and per order. Without statistics SQLite prefers a longer
//! index over a partial one, so the index is named.

use chrono::{DateTime, Utc};
use sqlx::{
    query::Query,
    sqlite::{Sqlite, SqliteArguments},
};

use super::micros;
use crate::{
    domain::{
        id::SiteId,
        lifecycle::Status,
        queue::{QueueFilter, QueueOrder},
    },
    store::parse,
};

/// A filter's conditions, parameters 2 to 13.
macro_rules! matching {
    ($status:expr) => {
        concat!(
            $status,
            " and ($2 is null or c.article_id = $2)
            and not exists (select 1 from json_each($3) word where instr(c.folded, word.value) = 0)
            and ($4 is null or exists (select 1 from json_each(c.findings) found where found.value ->> 'rule' = $4))
            and ($5 is null or c.author = $5) and ($6 is null or c.spam_score >= $6)
            and ($7 is null or c.spam_score <= $7) and (not $8 or c.reviewed_at is null)
            and ($10 is null or $10 = exists (
                select 1 from claims k where k.site_id = c.site_id and k.comment_id = c.comment_id and k.expires_at > $11))
            and (not $12 or c.open_reports > 0)
            and ($13 is null or coalesce(c.skeleton, c.fingerprint) = (
                select coalesce(o.skeleton, o.fingerprint) from comments o where o.site_id = $1 and o.comment_id = $13))"
        )
    };
}

macro_rules! any_status {
    () => {
        "c.status in (select value from json_each($9))"
    };
}

/// What each order goes by: `$statement!(index, between, after, order by; …)`. Where the order is by an expression, its first condition
/// follows from the second; SQLite seeks by it, which it cannot by a row of expressions.
macro_rules! by_order {
    ($order:expr, [$by_age:literal, $by_score:literal, $by_reports:literal], $statement:ident, $($rest:tt)*) => {
        match $order {
            QueueOrder::Oldest => $statement!(
                $by_age,
                "(c.created_at, c.comment_id) > ($14, $15)",
                " and (c.created_at, c.comment_id) <= ($17, $18)",
                "c.created_at, c.comment_id";
                $($rest)*
            ),
            QueueOrder::Newest => $statement!(
                $by_age,
                "(c.created_at, c.comment_id) < ($14, $15)",
                " and (c.created_at, c.comment_id) >= ($17, $18)",
                "c.created_at desc, c.comment_id desc";
                $($rest)*
            ),
            QueueOrder::Score => $statement!(
                $by_score,
                "-c.spam_score >= $14 and (-c.spam_score, c.comment_id) > ($14, $15)",
                " and (-c.spam_score, c.comment_id) <= ($17, $18)",
                "-c.spam_score, c.comment_id";
                $($rest)*
            ),
            QueueOrder::Reports => $statement!(
                $by_reports,
                "-c.open_reports >= $14 and (-c.open_reports, c.comment_id) > ($14, $15)",
                " and (-c.open_reports, c.comment_id) <= ($17, $18)",
                "-c.open_reports, c.comment_id";
                $($rest)*
            ),
            QueueOrder::Due => $statement!(
                "indexed by comments_by_due",
                "c.due_at is not null and (c.due_at, c.comment_id) > ($14, $15)",
                " and (c.due_at, c.comment_id) <= ($17, $18)",
                "c.due_at, c.comment_id";
                $($rest)*
            ),
        }
    };
    ($order:expr, waiting, $($rest:tt)*) => {
        by_order!(
            $order,
            [
                "indexed by comments_waiting_by_age",
                "indexed by comments_waiting_by_score",
                "indexed by comments_waiting_by_reports"
            ],
            $($rest)*
        )
    };
    ($order:expr, any, $($rest:tt)*) => {
        by_order!($order, ["indexed by comments_by_age", "", ""], $($rest)*)
    };
}

macro_rules! page {
    ($index:literal, $after:literal, $until:literal, $order:literal; $matching:expr) => {
        concat!(
            "select ",
            case_columns!(),
            " from comments c ",
            $index,
            " where c.site_id = $1 and ",
            $matching,
            " and ",
            $after,
            $until,
            " order by ",
            $order,
            " limit $16"
        )
    };
}

macro_rules! count {
    ($index:literal, $after:literal, $until:literal, $order:literal; $matching:expr) => {
        concat!(
            "select count(*) from (select 1 from comments c ",
            $index,
            " where c.site_id = $1 and ",
            $matching,
            " and ",
            $after,
            $until,
            " limit $16)"
        )
    };
}

/// Its parameters are those of a page, which it may leave unused.
macro_rules! slice {
    ($index:literal, $after:literal, $until:literal, $order:literal; $status:expr) => {
        concat!(
            "select c.comment_id, c.created_at, c.due_at, c.spam_score, c.open_reports from comments c ",
            $index,
            " where c.site_id = $1 and ",
            $status,
            " and ",
            $after,
            " order by ",
            $order,
            " limit 1 offset $16"
        )
    };
}

macro_rules! find {
    ($matching:expr) => {
        concat!(
            "select ",
            case_columns!(),
            ", ",
            $matching,
            " from comments c where c.site_id = $1 and c.comment_id in (select unhex(value) from json_each($14))"
        )
    };
}

/// Which indexes serve a filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// All that wait.
    Waiting,
    /// PENDING alone: those of what waits.
    Pending,
    /// Of any statuses.
    Any,
}

impl Shape {
    pub(super) fn of(filter: &QueueFilter) -> Self {
        match filter.status[..] {
            [] => Self::Waiting,
            [Status::Pending] => Self::Pending,
            _ => Self::Any,
        }
    }

    pub(super) const fn page(self, order: QueueOrder) -> &'static str {
        match self {
            Self::Waiting => by_order!(order, waiting, page, matching!(waiting!())),
            Self::Pending => by_order!(order, waiting, page, matching!("c.status = 'PENDING'")),
            Self::Any => by_order!(order, any, page, matching!(any_status!())),
        }
    }

    pub(super) const fn count(self, order: QueueOrder) -> &'static str {
        match self {
            Self::Waiting => by_order!(order, waiting, count, matching!(waiting!())),
            Self::Pending => by_order!(order, waiting, count, matching!("c.status = 'PENDING'")),
            Self::Any => by_order!(order, any, count, matching!(any_status!())),
        }
    }

    /// The last of so many comments in that order; `None` where no index has it.
    pub(super) const fn slice(self, order: QueueOrder) -> Option<&'static str> {
        match (self, order) {
            (Self::Any, QueueOrder::Score | QueueOrder::Reports) => None,
            (Self::Any, _) => Some(by_order!(order, any, slice, "true")),
            (Self::Pending, _) => Some(by_order!(order, waiting, slice, "c.status = 'PENDING'")),
            (Self::Waiting, _) => Some(by_order!(order, waiting, slice, waiting!())),
        }
    }

    /// Cases by their ids, each with whether it matches.
    pub(super) const fn find(self) -> &'static str {
        match self {
            Self::Waiting => find!(matching!(waiting!())),
            Self::Pending => find!(matching!("c.status = 'PENDING'")),
            Self::Any => find!(matching!(any_status!())),
        }
    }
}

/// A statement with what was bound so far.
pub(super) type Asked = Query<'static, Sqlite, SqliteArguments>;

/// A statement with its site and conditions bound.
pub(super) fn ask(sql: &'static str, site: &SiteId, filter: &QueueFilter, now: DateTime<Utc>) -> Asked {
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
        .bind(filter.claimed)
        .bind(micros(now))
        .bind(filter.reported)
        .bind(filter.campaign_of.map(|id| id.0))
}

#[cfg(test)]
mod tests {
    use sqlx::{AssertSqlSafe, Row as _};

    use super::*;
    use crate::store::{contract::UpkeepStore as _, sqlite::SqliteStore};

    const SHAPES: [Shape; 3] = [Shape::Waiting, Shape::Pending, Shape::Any];

    /// How SQLite would run a statement.
    async fn plan(store: &SqliteStore, statement: &str) -> String {
        let explain = sqlx::query(AssertSqlSafe(format!("explain query plan {statement}")));
        let rows = explain.fetch_all(&store.read).await.unwrap();
        rows.iter().map(|row| row.get::<String, _>(3) + "\n").collect()
    }

    #[tokio::test]
    async fn what_waits_comes_straight_from_an_index() {
        let dir = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(dir.path().join("duyet.sqlite3"));
        store.migrate().await.unwrap();
        for (shape, order) in SHAPES.iter().flat_map(|shape| QueueOrder::ALL.iter().map(move |order| (shape, *order))) {
            let (page, count, find) = (shape.page(order), shape.count(order), shape.find());
            let page = plan(&store, page).await;
            let sorted = *shape == Shape::Any && matches!(order, QueueOrder::Score | QueueOrder::Reports);
            assert_eq!(page.contains("TEMP B-TREE"), sorted, "{shape:?} {order}\n{page}");
            // Starts where the page does, not at the index's beginning.
            assert!(sorted || page.contains('>') || page.contains('<'), "{shape:?} {order}\n{page}");
            let found = plan(&store, find).await;
            assert!(found.contains("SEARCH c USING INDEX sqlite_autoindex_comments_1"), "{shape:?}\n{found}");
            for plan in [page, plan(&store, count).await, found] {
                assert!(!plan.contains("SCAN c") && !plan.contains("SCAN k"), "{shape:?} {order}\n{plan}");
            }
        }
    }
}
