//! The moderators' queue. SQL stays static: a statement per order, once with the literal status that the partial
//! indexes hold and once for any.

use sqlx::{PgPool, Postgres, postgres::PgArguments, query::Query};

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

/// Parameters 2 to 8; the status comes last, because PostgreSQL wants every parameter used.
macro_rules! matching {
    ($status:literal) => {
        concat!(
            $status,
            " and ($2::text is null or c.article_id = $2)
            and not exists (select 1 from unnest($3::text[]) word where strpos(c.folded, word) = 0)
            and ($4::text is null or c.findings @> jsonb_build_array(jsonb_build_object('rule', $4)))
            and ($5::text is null or c.author = $5) and ($6::double precision is null or c.spam_score >= $6)
            and ($7::double precision is null or c.spam_score <= $7) and (not $8 or c.reviewed_at is null)"
        )
    };
}

macro_rules! page {
    ($matching:expr, $after:expr, $order:literal, $limit:literal) => {
        concat!(
            "select ",
            case_columns!(),
            " from comments c where c.site_id = $1 and ",
            $matching,
            " and ",
            $after,
            " order by ",
            $order,
            " limit ",
            $limit
        )
    };
}

macro_rules! pages {
    ($order:expr, $matching:expr, $cursor:literal, $limit:literal) => {
        match $order {
            QueueOrder::Oldest => page!(
                $matching,
                concat!("(c.created_at, c.comment_id) > ", $cursor),
                "c.created_at, c.comment_id",
                $limit
            ),
            QueueOrder::Newest => page!(
                $matching,
                concat!("(c.created_at, c.comment_id) < ", $cursor),
                "c.created_at desc, c.comment_id desc",
                $limit
            ),
            QueueOrder::Score => page!(
                $matching,
                concat!("(-c.spam_score, c.comment_id) > ", $cursor),
                "-c.spam_score, c.comment_id",
                $limit
            ),
        }
    };
}

macro_rules! count {
    ($matching:expr, $limit:literal) => {
        concat!(
            "select count(*) from (select 1 from comments c where c.site_id = $1 and ",
            $matching,
            " limit ",
            $limit,
            ") found"
        )
    };
}

/// A plan made for any parameters guesses badly at conditions that may be absent, so the queue as it is mostly looked at
/// has statements of its own.
#[derive(Clone, Copy)]
enum Shape {
    AllPending,
    Pending,
    Any,
}

impl Shape {
    fn of(filter: &QueueFilter) -> Self {
        if *filter == QueueFilter::default() {
            Self::AllPending
        } else if filter.status == [Status::Pending] {
            Self::Pending
        } else {
            Self::Any
        }
    }

    const fn page(self, order: QueueOrder) -> &'static str {
        match self {
            Self::AllPending => pages!(order, "c.status = 'PENDING'", "($2, $3)", "$4"),
            Self::Pending => pages!(order, matching!("c.status = 'PENDING'"), "($9, $10)", "$11"),
            Self::Any => pages!(order, matching!("c.status = any ($12)"), "($9, $10)", "$11"),
        }
    }

    const fn count(self) -> &'static str {
        match self {
            Self::AllPending => count!("c.status = 'PENDING'", "$2"),
            Self::Pending => count!(matching!("c.status = 'PENDING'"), "$9"),
            Self::Any => count!(matching!("c.status = any ($10)"), "$9"),
        }
    }

    /// Binds site and conditions.
    fn bind(self, sql: &'static str, site: &SiteId, filter: &QueueFilter) -> Asked {
        let query = sqlx::query(sql).bind(site.as_str().to_owned());
        if let Self::AllPending = self {
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
    }

    /// Binds what comes after all others.
    fn bind_status(self, query: Asked, filter: &QueueFilter) -> Asked {
        match self {
            Self::AllPending | Self::Pending => query,
            Self::Any => query.bind(filter.status.iter().map(|status| status.as_str()).collect::<Vec<_>>()),
        }
    }
}

type Asked = Query<'static, Postgres, PgArguments>;

pub(super) async fn list(pool: &PgPool, page: &QueuePage<'_>) -> Result<Page<Case>> {
    let shape = Shape::of(page.filter);
    let query = shape.bind(shape.page(page.order), page.site, page.filter);
    let query = match page.order {
        QueueOrder::Oldest => {
            let start = keyset::ascending(page.after);
            query.bind(start.at).bind(start.id)
        }
        QueueOrder::Newest => {
            let start = keyset::descending(page.after);
            query.bind(start.at).bind(start.id)
        }
        QueueOrder::Score => {
            let start = keyset::ascending(page.after);
            query.bind(-start.score).bind(start.id)
        }
    };
    let query = shape.bind_status(query.bind(parse::limit(page.size + 1)), page.filter);
    let rows = query.fetch_all(pool).await?;
    let cases = rows.iter().map(|row| rows::case(&mut Reader::new(row))).collect::<Result<_>>()?;
    Ok(Page::of(cases, page.size, |case: &Case| Cursor {
        at: case.comment.created_at,
        id: case.comment.id.0,
        score: case.spam_score,
    }))
}

pub(super) async fn count(pool: &PgPool, site: &SiteId, filter: &QueueFilter) -> Result<i64> {
    let shape = Shape::of(filter);
    let query = shape.bind(shape.count(), site, filter).bind(EXACT_TOTAL + 1);
    Reader::new(&shape.bind_status(query, filter).fetch_one(pool).await?).long()
}

pub(super) async fn gauges(pool: &PgPool) -> Result<Vec<QueueGauge>> {
    let sql = "select site_id, count(*), min(created_at) from comments where status = 'PENDING' group by site_id";
    let rows = sqlx::query(sql).fetch_all(pool).await?;
    let gauge = |row| {
        let mut columns = Reader::new(row);
        Ok(QueueGauge { site: parse::site(&columns.text()?)?, pending: columns.long()?, oldest: columns.maybe_time()? })
    };
    rows.iter().map(gauge).collect()
}
