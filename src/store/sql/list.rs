//! Pages of public comments. One statement reads policies, comments, their first replies and the reader's own pending
//! comments.

use super::{
    Columns, Connection, Fields, List, Row, Rows, Statement,
    records::{self, PUBLIC_COMMENT},
};
use crate::{
    domain::{
        Error, Result,
        article::ArticleRules,
        page::{CommentPage, Order, Page, REPLIES_SHOWN, published_cursor},
        public_comment::PublicComment,
    },
    store::{
        contract::{ArticlePage, PagePolicy},
        keyset, outcome, parse,
    },
};

/// The first columns of every row: the part of the page that the row belongs to, and the index of the page in the call.
const HEAD: Columns = Columns::new(&["part", "page"]);
/// Index of the first column of [`PUBLIC_COMMENT`]. Its columns are null in the rows of [`POLICY`].
const COMMENT_AT: usize = 2;
const POLICY: Columns = Columns::new(&[
    "site_mode",
    "auto_close_days",
    "lockdown_until",
    "article_mode",
    "close_at",
    "opened_at",
    "public_count",
]);
/// Index of the first column of [`POLICY`]. Its columns are null in the rows of comments.
const POLICY_AT: usize = COMMENT_AT + PUBLIC_COMMENT.len();

/// Values of the column `part`, which says to which part of a page a row belongs.
const LISTED: i32 = 0;
const REPLY: i32 = 1;
const WAITING: i32 = 2;

const NO_POLICY: &str = ", null, null, null, null, null, null, null";

/// Selects the policies of all pages. In PostgreSQL, a limit fences each look-up, so that it uses an index.
const POLICIES: &str = "select 3, q.page, null, null, null, null, null, null, null, null, null, null, null,
        s.mode, s.auto_close_days, s.lockdown_until, a.mode, a.close_at, coalesce(a.published_at, a.created_at), a.public_count
    from :pages q
    {left join lateral (select * from sites where site_id = q.site_id limit 1) s on true
    | left join sites s on s.site_id = q.site_id}
    {left join lateral (select * from articles where site_id = q.site_id and article_id = q.article_id limit 1) a on true
    | left join articles a on a.site_id = q.site_id and a.article_id = q.article_id}";

/// The common properties of pages that one part of the statement reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Shape {
    order: Order,
    /// Whether the page has the replies of one root.
    replies: bool,
}

impl Shape {
    const ALL: [Self; 4] = [
        Self { order: Order::Newest, replies: false },
        Self { order: Order::Oldest, replies: false },
        Self { order: Order::Newest, replies: true },
        Self { order: Order::Oldest, replies: true },
    ];

    const fn of(page: &CommentPage) -> Self {
        Self { order: page.order, replies: page.parent.is_some() }
    }

    /// Returns the number that distinguishes pages of this shape, and the condition on a page `q`.
    const fn mark(self) -> (i32, &'static str) {
        match (self.order, self.replies) {
            (Order::Newest, false) => (0, " where q.shape = 0"),
            (Order::Oldest, false) => (1, " where q.shape = 1"),
            (Order::Newest, true) => (2, " where q.shape = 2"),
            (Order::Oldest, true) => (3, " where q.shape = 3"),
        }
    }

    /// Appends the comments of all pages of this shape. In PostgreSQL, a limit fences each page, so that it is read
    /// from its index in order.
    fn add_to(self, statement: Statement<'_>) -> Statement<'_> {
        let statement = statement.push("select q.page, q.site_id, ").plain_columns(&PUBLIC_COMMENT, "c").push(
            " from :pages q cross join {lateral (select *
            | comments c on c.site_id = q.site_id and c.comment_id in (select c.comment_id}
                from comments c where c.site_id = q.site_id and c.article_id = q.article_id",
        );
        let which = if self.replies {
            " and c.parent_id = q.parent_id and c.status = 'APPROVED'"
        } else {
            " and c.parent_id is null and c.published_at is not null and (c.status = 'APPROVED' or c.reply_count > 0)"
        };
        let order = match self.order {
            Order::Oldest => {
                " and (c.published_at, c.comment_id) > (q.after_at, q.after_id) order by c.published_at, c.comment_id"
            }
            Order::Newest => {
                " and (c.published_at, c.comment_id) < (q.after_at, q.after_id)
                order by c.published_at desc, c.comment_id desc"
            }
        };
        statement.push(which).push(order).push(" limit :most) {c | }").push(self.mark().1)
    }
}

/// The rows of a page, in no particular order.
#[derive(Debug, Default)]
struct Found {
    policy: PagePolicy,
    listed: Vec<PublicComment>,
    replies: Vec<PublicComment>,
    waiting: Vec<PublicComment>,
}

/// Reads all pages in one statement.
pub(super) async fn list(on: Connection<'_>, pages: &[CommentPage]) -> Result<Vec<ArticlePage>> {
    if pages.is_empty() {
        return Ok(Vec::new());
    }
    let rows = statement(pages).fetch_all(on).await?;
    let mut found: Vec<Found> = pages.iter().map(|_| Found::default()).collect();
    for row in &rows {
        let head = row.starting(&HEAD, 0);
        let page = usize::try_from(head.get::<i64>("page")?).map_err(Error::internal)?;
        let page = found.get_mut(page).ok_or_else(|| Error::internal("a row belongs to no requested page"))?;
        page.add(head.get("part")?, row)?;
    }
    Ok(found.into_iter().zip(pages).map(|(found, page)| found.into_page(page)).collect())
}

/// Returns the statement, which consists of the parts that at least one page needs.
fn statement(pages: &[CommentPage]) -> Statement<'_> {
    let mut statement = Statement::new("with listed as materialized (");
    let mut between = "";
    for shape in Shape::ALL.into_iter().filter(|shape| pages.iter().any(|page| Shape::of(page) == *shape)) {
        statement = shape.add_to(statement.push(between));
        between = " union all ";
    }
    statement = statement.push(") ").push(POLICIES).push(" union all select 0, l.page, ");
    statement = statement.plain_columns(&PUBLIC_COMMENT, "l").push(NO_POLICY).push(" from listed l");
    if pages.iter().any(|page| page.parent.is_none()) {
        statement = with_replies(statement);
    }
    let own: Vec<_> =
        (0_i64..).zip(pages).flat_map(|(at, page)| page.own.iter().map(move |id| (at, page, id))).collect();
    if !own.is_empty() {
        let own = Rows::new()
            .column("page", List::longs(own.iter().map(|(at, ..)| *at)))
            .column("site_id", List::texts(own.iter().map(|(_, page, _)| page.site.as_str())))
            .column("article_id", List::texts(own.iter().map(|(_, page, _)| page.article.as_str())))
            .column("comment_id", List::comments(own.iter().map(|(.., id)| *id)));
        statement = with_waiting(statement).bind("own", own);
    }
    let most = pages.iter().map(|page| page.size + 1).max().unwrap_or_default();
    statement.bind("pages", asked(pages)).bind("most", parse::limit(most))
}

/// A page starts after a key, and a first page after a key that precedes all others.
fn asked(pages: &[CommentPage]) -> Rows<'_> {
    let start = |page: &CommentPage| match page.order {
        Order::Oldest => keyset::ascending(page.after),
        Order::Newest => keyset::descending(page.after),
    };
    Rows::new()
        .column("page", List::longs((0_i64..).take(pages.len())))
        .column("shape", List::ints(pages.iter().map(|page| Shape::of(page).mark().0)))
        .column("site_id", List::texts(pages.iter().map(|page| page.site.as_str())))
        .column("article_id", List::texts(pages.iter().map(|page| page.article.as_str())))
        .column("parent_id", List::uuids(pages.iter().map(|page| page.parent.map(|id| id.0))))
        .column("after_at", List::times(pages.iter().map(|page| start(page).at)))
        .column("after_id", List::uuids(pages.iter().map(|page| start(page).id)))
}

/// Appends the first replies of all roots, one more than is shown.
fn with_replies(statement: Statement<'_>) -> Statement<'_> {
    statement
        .push(" union all select 1, l.page, ")
        .plain_columns(&PUBLIC_COMMENT, "c")
        .push(NO_POLICY)
        .push(
            " from listed l cross join {lateral (select *
            | comments c on c.site_id = l.site_id and c.comment_id in (select c.comment_id}
                from comments c where c.site_id = l.site_id and c.parent_id = l.comment_id and c.status = 'APPROVED'
                order by c.published_at, c.comment_id limit :replies) {c | }
            where l.parent_id is null and l.reply_count > 0",
        )
        .bind("replies", parse::limit(REPLIES_SHOWN + 1))
}

/// Appends the readers' own pending comments.
fn with_waiting(statement: Statement<'_>) -> Statement<'_> {
    statement.push(" union all select 2, o.page, ").plain_columns(&PUBLIC_COMMENT, "c").push(NO_POLICY).push(
        " from :own o cross join {lateral (select * from comments c where | comments c on}
            c.site_id = o.site_id and c.comment_id = o.comment_id and c.article_id = o.article_id
            and (c.status = 'PENDING' or (c.status = 'SPAM' and c.reviewed_at is null)) and c.reply_count = 0
            {limit 1) c | }",
    )
}

impl Found {
    fn add(&mut self, part: i32, row: &Row) -> Result<()> {
        let comment = || records::public_comment(row.starting(&PUBLIC_COMMENT, COMMENT_AT));
        match part {
            LISTED => self.listed.push(comment()?),
            REPLY => self.replies.push(comment()?),
            WAITING => self.waiting.push(comment()?),
            _ => self.policy = policy(row.starting(&POLICY, POLICY_AT))?,
        }
        Ok(())
    }

    fn into_page(mut self, page: &CommentPage) -> ArticlePage {
        // A union has no guaranteed order.
        self.listed.sort_by_key(|one| (one.published_at, one.id));
        if page.order == Order::Newest {
            self.listed.reverse();
        }
        self.replies.sort_by_key(|one| (one.published_at, one.id));
        self.waiting.sort_by_key(|one| (one.created_at, one.id));
        let listed = Page::of(self.listed, page.size, published_cursor);
        ArticlePage { policy: self.policy, threads: outcome::threads(listed, self.replies), waiting: self.waiting }
    }
}

/// Reads [`POLICY`] from outer joins. A site without a row has the defaults.
fn policy(row: Fields<'_>) -> Result<PagePolicy> {
    let opened_at = row.get::<Option<_>>("opened_at")?;
    let (mode, close_at) = (row.maybe_named("article_mode")?, row.get("close_at")?);
    Ok(PagePolicy {
        site_mode: row.maybe_named("site_mode")?,
        auto_close_days: row.get::<Option<_>>("auto_close_days")?.unwrap_or_default(),
        lockdown_until: row.get("lockdown_until")?,
        article: opened_at.map(|opened_at| ArticleRules { mode, close_at, opened_at }),
        total: row.get::<Option<_>>("public_count")?.unwrap_or_default(),
    })
}
