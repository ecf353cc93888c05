//! The queue's statements. SQL stays static: one per shape of filter, and per order.

use chrono::{DateTime, Utc};
use sqlx::{Postgres, postgres::PgArguments, query::Query};

use crate::{
    domain::{
        id::SiteId,
        lifecycle::Status,
        queue::{QueueFilter, QueueOrder},
    },
    store::parse,
};

/// A claim of `c` in force at a time. Looked up per row: `exists` may become a join that costs a page its index order.
macro_rules! held {
    ($now:literal) => {
        concat!(
            "coalesce((select k.expires_at > ",
            $now,
            " from claims k where k.site_id = c.site_id and k.comment_id = c.comment_id), false)"
        )
    };
}

/// A filter's conditions, parameters 2 to 12. The status comes last, because PostgreSQL wants every parameter used.
macro_rules! matching {
    ($status:expr) => {
        concat!(
            $status,
            " and ($2::text is null or c.article_id = $2)
            and not exists (select 1 from unnest($3::text[]) word where strpos(c.folded, word) = 0)
            and ($4::text is null or c.findings @> jsonb_build_array(jsonb_build_object('rule', $4)))
            and ($5::text is null or c.author = $5) and ($6::double precision is null or c.spam_score >= $6)
            and ($7::double precision is null or c.spam_score <= $7) and (not $8 or c.reviewed_at is null)
            and ($9::boolean is null or $9 = ",
            held!("$10"),
            ") and (not $11 or c.open_reports > 0) and ($12::uuid is null or coalesce(c.skeleton, c.fingerprint) = (
                select coalesce(o.skeleton, o.fingerprint) from comments o where o.site_id = $1 and o.comment_id = $12))"
        )
    };
}

/// What each order goes by: `$statement!(keys, after, until, order by, condition; …)`.
macro_rules! by_order {
    ($order:expr, $statement:ident, $($rest:tt)*) => {
        match $order {
            QueueOrder::Oldest => {
                $statement!("(c.created_at, c.comment_id)", " > ", " <= ", "c.created_at, c.comment_id", ""; $($rest)*)
            }
            QueueOrder::Newest => {
                $statement!("(c.created_at, c.comment_id)", " < ", " >= ", "c.created_at desc, c.comment_id desc", ""; $($rest)*)
            }
            QueueOrder::Score => {
                $statement!("(-c.spam_score, c.comment_id)", " > ", " <= ", "-c.spam_score, c.comment_id", ""; $($rest)*)
            }
            QueueOrder::Reports => {
                $statement!("(-c.open_reports, c.comment_id)", " > ", " <= ", "-c.open_reports, c.comment_id", ""; $($rest)*)
            }
            QueueOrder::Due => {
                $statement!("(c.due_at, c.comment_id)", " > ", " <= ", "c.due_at, c.comment_id", " and c.due_at is not null"; $($rest)*)
            }
        }
    };
}

macro_rules! page {
    ($keys:literal, $after:literal, $until:literal, $order:literal, $condition:literal;
        $matching:expr, $start:literal, [$($end:literal)?], $tail:expr) => {
        concat!(
            "select ", case_columns!(), " from comments c where c.site_id = $1 and ", $matching, $condition,
            " and ", $keys, $after, $start, $(" and ", $keys, $until, $end,)? " order by ", $order, $tail
        )
    };
}

/// Pages to be read, or to be taken by whoever is first: rows that somebody has locked are stepped over.
macro_rules! pages {
    ($order:expr, $lock:expr, $matching:expr, $start:literal, $end:tt, $limit:literal) => {
        if $lock {
            by_order!(
                $order,
                page,
                $matching,
                $start,
                $end,
                concat!(" limit ", $limit, " for no key update of c skip locked")
            )
        } else {
            by_order!($order, page, $matching, $start, $end, concat!(" limit ", $limit))
        }
    };
}

macro_rules! count {
    ($keys:literal, $after:literal, $until:literal, $order:literal, $condition:literal;
        $matching:expr, [$($start:literal, $end:literal)?], $limit:literal) => {
        concat!(
            "select count(*) from (select 1 from comments c where c.site_id = $1 and ", $matching, $condition,
            $(" and ", $keys, $after, $start, " and ", $keys, $until, $end,)? " limit ", $limit, ") found"
        )
    };
}

macro_rules! slice {
    ($keys:literal, $after:literal, $until:literal, $order:literal, $condition:literal; $status:expr) => {
        concat!(
            "select c.comment_id, c.created_at, c.due_at, c.spam_score, c.open_reports from comments c where c.site_id = $1 and ",
            $status, $condition, " and ", $keys, $after, "($2, $3) order by ", $order, " offset $4 limit 1"
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
            " from comments c where c.site_id = $1 and c.comment_id = any ($13)"
        )
    };
}

/// What filters look like. A plan made for any parameters guesses badly at conditions that may be absent: the queue as it is mostly
/// looked at, and as it is mostly claimed from, has statements of its own, and all others are planned anew each time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// All that wait.
    AllWaiting,
    /// All that wait and that nobody holds.
    AllUnheld,
    /// Those that wait and meet conditions.
    Waiting,
    /// As [`Shape::Waiting`], only PENDING.
    Pending,
    /// Of any statuses, with conditions.
    Any,
}

/// A statement with what was bound so far.
pub(super) type Asked = Query<'static, Postgres, PgArguments>;

impl Shape {
    pub(super) fn of(filter: &QueueFilter) -> Self {
        let unheld = QueueFilter { claimed: Some(false), ..QueueFilter::default() };
        if *filter == QueueFilter::default() {
            Self::AllWaiting
        } else if *filter == unheld {
            Self::AllUnheld
        } else {
            match filter.status[..] {
                [] => Self::Waiting,
                [Status::Pending] => Self::Pending,
                _ => Self::Any,
            }
        }
    }

    /// For comments found by their ids, where no plan can go wrong.
    pub(super) fn with_conditions(filter: &QueueFilter) -> Self {
        if filter.status.is_empty() { Self::Waiting } else { Self::Any }
    }

    /// Without conditions that may be absent: one plan serves all.
    pub(super) const fn is_plain(self) -> bool {
        matches!(self, Self::AllWaiting | Self::AllUnheld)
    }

    /// A page, or with `lock` its rows locked.
    pub(super) const fn page(self, order: QueueOrder, lock: bool) -> &'static str {
        match self {
            Self::AllWaiting => pages!(order, lock, waiting!(), "($2, $3)", [], "$4"),
            Self::AllUnheld => {
                pages!(order, lock, concat!(waiting!(), " and not ", held!("$5")), "($2, $3)", [], "$4")
            }
            Self::Waiting => pages!(order, lock, matching!(waiting!()), "($13, $14)", ["($16, $17)"], "$15"),
            Self::Pending => {
                pages!(order, lock, matching!("c.status = 'PENDING'"), "($13, $14)", ["($16, $17)"], "$15")
            }
            Self::Any => pages!(order, lock, matching!("c.status = any ($18)"), "($13, $14)", ["($16, $17)"], "$15"),
        }
    }

    pub(super) const fn count(self, order: QueueOrder) -> &'static str {
        match self {
            Self::AllWaiting => by_order!(order, count, waiting!(), [], "$2"),
            Self::AllUnheld => by_order!(order, count, concat!(waiting!(), " and not ", held!("$3")), [], "$2"),
            Self::Waiting => by_order!(order, count, matching!(waiting!()), ["($13, $14)", "($16, $17)"], "$15"),
            Self::Pending => {
                by_order!(order, count, matching!("c.status = 'PENDING'"), ["($13, $14)", "($16, $17)"], "$15")
            }
            Self::Any => {
                by_order!(order, count, matching!("c.status = any ($18)"), ["($13, $14)", "($16, $17)"], "$15")
            }
        }
    }

    /// The last of so many comments in that order; `None` where no index has it.
    pub(super) const fn slice(self, order: QueueOrder) -> Option<&'static str> {
        match (self, order) {
            (Self::Any, QueueOrder::Score | QueueOrder::Reports) => None,
            (Self::Any, _) => Some(by_order!(order, slice, "true")),
            (Self::Pending, _) => Some(by_order!(order, slice, "c.status = 'PENDING'")),
            _ => Some(by_order!(order, slice, waiting!())),
        }
    }

    /// Cases by their ids, each with whether it matches; of a shape with conditions.
    pub(super) const fn find(self) -> &'static str {
        match self {
            Self::Any => find!(matching!("c.status = any ($14)")),
            _ => find!(matching!(waiting!())),
        }
    }

    /// Binds site and conditions.
    pub(super) fn bind(self, sql: &'static str, site: &SiteId, filter: &QueueFilter, now: DateTime<Utc>) -> Asked {
        let query = sqlx::query(sql).persistent(self.is_plain()).bind(site.as_str().to_owned());
        if self.is_plain() {
            return query;
        }
        query
            .bind(filter.article.as_ref().map(|id| id.as_str().to_owned()))
            .bind(parse::words(filter.query.as_deref()))
            .bind(filter.rule.as_deref().map(parse::needle))
            .bind(filter.author.as_deref().map(parse::needle))
            .bind(filter.min_score)
            .bind(filter.max_score)
            .bind(filter.unreviewed)
            .bind(filter.claimed)
            .bind(now)
            .bind(filter.reported)
            .bind(filter.campaign_of.map(|id| id.0))
    }

    /// Binds what comes after all others.
    pub(super) fn bind_last(self, query: Asked, filter: &QueueFilter, now: DateTime<Utc>) -> Asked {
        match self {
            Self::AllWaiting | Self::Waiting | Self::Pending => query,
            Self::AllUnheld => query.bind(now),
            Self::Any => query.bind(filter.status.iter().map(|status| status.as_str()).collect::<Vec<_>>()),
        }
    }
}
