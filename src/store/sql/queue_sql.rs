//! The queue's statements, which are built from the conditions of a filter.
//!
//! PostgreSQL plans the statements of the plain queue once for all values. It plans those of other filters for their
//! values, because a generic plan misjudges how many comments meet a condition. SQLite has no statistics and prefers a
//! longer index to a partial one, so its statements name their indexes.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{
    List, Rows, Statement,
    records::{CASE, CASE_JOINS, COMMENT},
    search::{self, HAS_FOLDED_WORDS},
    value::Value,
};
use crate::{
    domain::{
        id::{CommentId, SiteId},
        lifecycle::Status,
        page::{Cursor, QueuePage},
        queue::{QueueFilter, QueueOrder},
    },
    store::parse,
};

/// The condition that comment `c` is in the queue, in the same form as in the partial indexes.
pub(super) const WAITING: &str = "(c.status = 'PENDING' or c.flagged_at is not null)";

/// The condition that a claim of `c` is in force. It is a look-up per row, because `exists` may become a join that
/// loses the index order of the page.
const HELD: &str = "coalesce((select k.expires_at > :now from claims k
    where k.site_id = c.site_id and k.comment_id = c.comment_id), false)";

/// The condition that no claim of `c` is in force. The few claims in force are read once, because `not in` never
/// becomes a join.
const FREE: &str = "c.comment_id not in (select k.comment_id from claims k { | indexed by claims_by_expiry}
    where k.site_id = :site and k.expires_at > :now)";

/// Selects the sort keys of all orders.
const KEYS: &str = "select c.comment_id, c.created_at, c.due_at, c.spam_score, c.open_reports from comments c ";

/// The parts of the statements of one order.
struct Keys {
    /// The condition that all comments of the order meet.
    condition: &'static str,
    after: &'static str,
    until: &'static str,
    order_by: &'static str,
    /// The index of comments in the queue.
    waiting: &'static str,
    /// The index of comments of all statuses, if there is one with this order.
    any: Option<&'static str>,
}

/// If the order is by an expression, SQLite needs a separate condition to seek in the index, because it cannot seek
/// with a row of expressions.
const fn keys(order: QueueOrder) -> Keys {
    match order {
        QueueOrder::Oldest => Keys {
            condition: "",
            after: " and (c.created_at, c.comment_id) > (:after, :after_id)",
            until: " and (c.created_at, c.comment_id) <= (:until, :until_id)",
            order_by: " order by c.created_at, c.comment_id",
            waiting: "{ | indexed by comments_waiting_by_age}",
            any: Some("{ | indexed by comments_by_age}"),
        },
        QueueOrder::Newest => Keys {
            condition: "",
            after: " and (c.created_at, c.comment_id) < (:after, :after_id)",
            until: " and (c.created_at, c.comment_id) >= (:until, :until_id)",
            order_by: " order by c.created_at desc, c.comment_id desc",
            waiting: "{ | indexed by comments_waiting_by_age}",
            any: Some("{ | indexed by comments_by_age}"),
        },
        QueueOrder::Score => Keys {
            condition: "",
            after: " { | and -c.spam_score >= :after} and (-c.spam_score, c.comment_id) > (:after, :after_id)",
            until: " and (-c.spam_score, c.comment_id) <= (:until, :until_id)",
            order_by: " order by -c.spam_score, c.comment_id",
            waiting: "{ | indexed by comments_waiting_by_score}",
            any: None,
        },
        QueueOrder::Reports => Keys {
            condition: "",
            after: " { | and -c.open_reports >= :after} and (-c.open_reports, c.comment_id) > (:after, :after_id)",
            until: " and (-c.open_reports, c.comment_id) <= (:until, :until_id)",
            order_by: " order by -c.open_reports, c.comment_id",
            waiting: "{ | indexed by comments_waiting_by_reports}",
            any: None,
        },
        QueueOrder::Due => Keys {
            condition: " and c.due_at is not null",
            after: " and (c.due_at, c.comment_id) > (:after, :after_id)",
            until: " and (c.due_at, c.comment_id) <= (:until, :until_id)",
            order_by: " order by c.due_at, c.comment_id",
            waiting: "{ | indexed by comments_by_due}",
            any: Some("{ | indexed by comments_by_due}"),
        },
    }
}

/// Returns the key of a comment in an order, in the form that the order's index has. Numbers are negated, so that one
/// row comparison pages through (number descending, id ascending).
fn key(order: QueueOrder, cursor: Cursor) -> (Value<'static>, Uuid) {
    let key = match order {
        QueueOrder::Oldest | QueueOrder::Newest | QueueOrder::Due => Value::from(cursor.at),
        QueueOrder::Score => Value::from(-cursor.score),
        QueueOrder::Reports => Value::from(negated_count(cursor.score)),
    };
    (key, cursor.id)
}

#[expect(clippy::cast_possible_truncation, reason = "a count of devices")]
fn negated_count(count: f64) -> i32 {
    -count as i32
}

/// Returns whether one generic plan serves the filter. It does for the most common filters: the default queue, with or
/// without claimed comments.
fn is_plain(filter: &QueueFilter) -> bool {
    let plain = QueueFilter { claimed: filter.claimed.filter(|claimed| !claimed), ..QueueFilter::default() };
    *filter == plain
}

/// Selects the first `limit` cases of a page. Articles and claims are joined to the complete page, so that no join can
/// lose its index order.
pub(super) fn page<'q>(page: &QueuePage<'q>, limit: usize) -> Statement<'q> {
    let order_by = keys(page.order).order_by;
    let statement = Statement::new("select ").columns(&COMMENT, "c").push(", ").columns(&CASE, "c");
    let statement = matching(statement.push(" from (select c.* from comments c "), page).push(order_by).limit(limit);
    statement.push(") c").push(CASE_JOINS).push(order_by)
}

/// Locks the first `limit` comments of a page and selects their [`KEYS`]. Skips comments that another transaction has
/// locked.
pub(super) fn lock<'q>(page: &QueuePage<'q>, limit: usize) -> Statement<'q> {
    let statement = matching(Statement::new(KEYS), page).push(keys(page.order).order_by);
    let statement = statement.push(" limit :limit {for no key update of c skip locked | }");
    statement.bind("limit", parse::limit(limit))
}

/// Counts the comments of a page as `total`, up to `most`.
pub(super) fn count<'q>(page: &QueuePage<'q>, most: i64) -> Statement<'q> {
    let statement = Statement::new("select count(*) as total from (select 1 from comments c ");
    matching(statement, page).push(" limit :most) found").bind("most", most)
}

/// Selects [`KEYS`] and the texts of the first `limit` comments of a page.
pub(super) fn texts<'q>(page: &QueuePage<'q>, limit: usize) -> Statement<'q> {
    let select =
        "select c.comment_id, c.created_at, c.due_at, c.spam_score, c.open_reports, c.author_name, c.title, c.content
        from comments c ";
    matching(Statement::new(select), page).push(keys(page.order).order_by).limit(limit)
}

/// Selects [`KEYS`] of the last of `page.size` comments in the order, whether or not they meet the filter's conditions.
/// Returns `None` if no index has the order.
pub(super) fn slice<'q>(page: &QueuePage<'q>) -> Option<Statement<'q>> {
    let keys = keys(page.order);
    let statement = Statement::new(KEYS);
    let statement = match page.filter.status[..] {
        [] | [Status::Pending] => {
            let statement = statement.push(keys.waiting).push(" where c.site_id = :site");
            with_status(statement, page.filter)
        }
        _ => statement.push(keys.any?).push(" where c.site_id = :site"),
    };
    let statement = bounded(statement.bind("site", page.site).push(keys.condition), page);
    let skipped = parse::limit(page.size) - 1;
    Some(statement.push(keys.order_by).push(" limit 1 offset :skipped").bind("skipped", skipped))
}

/// Selects cases by their ids, each with whether it meets the filter (`matches`).
pub(super) fn find<'q>(
    site: &'q SiteId,
    ids: &[CommentId],
    filter: &'q QueueFilter,
    now: DateTime<Utc>,
) -> Statement<'q> {
    let statement = Statement::new("select ").columns(&COMMENT, "c").push(", ").columns(&CASE, "c");
    let statement = with_conditions(with_status(statement.push(", coalesce(true"), filter), site, filter, now);
    let statement = statement.push(", false) as matches from comments c").push(CASE_JOINS);
    statement
        .push(" where c.site_id = :site and c.comment_id in :ids")
        .bind("site", site)
        .bind("ids", List::comments(ids))
}

/// Appends the index and the conditions of a page's comments. With a query, the conditions only require its words in
/// the folded texts, so they may match more comments than the query finds.
fn matching<'q>(statement: Statement<'q>, page: &QueuePage<'q>) -> Statement<'q> {
    let keys = keys(page.order);
    let index = match page.filter.status[..] {
        _ if page.filter.among.is_some() => "{ | indexed by sqlite_autoindex_comments_1}",
        [] | [Status::Pending] => keys.waiting,
        _ => keys.any.unwrap_or_default(),
    };
    let statement = statement.push(index).push(" where c.site_id = :site").bind("site", page.site);
    let statement = with_status(statement, page.filter).push(keys.condition);
    let statement = bounded(with_conditions(statement, page.site, page.filter, page.now), page);
    if is_plain(page.filter) { statement } else { statement.planned_for_values() }
}

/// Appends the conditions for the start and the end of a page.
fn bounded<'q>(mut statement: Statement<'q>, page: &QueuePage<'q>) -> Statement<'q> {
    let keys = keys(page.order);
    if let Some(after) = page.after {
        let (key, id) = key(page.order, after);
        statement = statement.push(keys.after).bind("after", key).bind("after_id", id);
    }
    if let Some(until) = page.until {
        let (key, id) = key(page.order, until);
        statement = statement.push(keys.until).bind("until", key).bind("until_id", id);
    }
    statement
}

/// Appends the filter's statuses.
fn with_status<'q>(statement: Statement<'q>, filter: &QueueFilter) -> Statement<'q> {
    match filter.status[..] {
        [] => statement.push(" and ").push(WAITING),
        [Status::Pending] => statement.push(" and c.status = 'PENDING'"),
        _ => {
            let statuses = List::texts(filter.status.iter().map(|status| status.as_str()));
            statement.push(" and c.status in :statuses").bind("statuses", statuses)
        }
    }
}

/// Appends the conditions that the filter sets, apart from its statuses.
fn with_conditions<'q>(
    mut statement: Statement<'q>,
    site: &SiteId,
    filter: &'q QueueFilter,
    now: DateTime<Utc>,
) -> Statement<'q> {
    if let Some(article) = &filter.article {
        statement = statement.push(" and c.article_id = :article").bind("article", article);
    }
    if let Some(search) = filter.read_for() {
        let words = Rows::new().column("word", List::owned_texts(search.folded_words()));
        statement = statement.push(" and ").push(HAS_FOLDED_WORDS).bind("words", words);
    }
    if let (Some(search), Some(unindexed)) = (&filter.query, &filter.unindexed) {
        statement = search::has_words(statement, site, search, unindexed);
    }
    if let Some(among) = &filter.among {
        statement = statement.push(" and c.comment_id in :among").bind("among", List::comments(among));
    }
    if let Some(rule) = &filter.rule {
        let found = " and {c.findings @> jsonb_build_array(jsonb_build_object('rule', :rule))
            | exists (select 1 from json_each(c.findings) found where found.value ->> 'rule' = :rule)}";
        statement = statement.push(found).bind("rule", parse::needle(rule));
    }
    if let Some(author) = &filter.author {
        statement = statement.push(" and c.author = :author").bind("author", parse::needle(author));
    }
    if let Some(score) = filter.min_score {
        statement = statement.push(" and c.spam_score >= :min_score").bind("min_score", score);
    }
    if let Some(score) = filter.max_score {
        statement = statement.push(" and c.spam_score <= :max_score").bind("max_score", score);
    }
    if filter.unreviewed {
        statement = statement.push(" and c.reviewed_at is null");
    }
    if let Some(claimed) = filter.claimed {
        statement = statement.push(" and ").push(if claimed { HELD } else { FREE }).bind("now", now);
    }
    if filter.reported {
        statement = statement.push(" and c.open_reports > 0");
    }
    if let Some(comment) = filter.campaign_of {
        let same_text = " and coalesce(c.skeleton, c.fingerprint) = (
            select coalesce(o.skeleton, o.fingerprint) from comments o where o.site_id = :site and o.comment_id = :campaign)";
        statement = statement.push(same_text).bind("campaign", comment);
    }
    statement
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{id::CommentId, search::Search},
        store::{contract::DatabaseStore as _, sql::Backend as _, sqlite::SqliteStore},
    };

    const STATUSES: [&[Status]; 3] = [&[], &[Status::Pending], &[Status::Approved, Status::Pending]];

    /// Returns a filter that sets all conditions.
    fn full(status: &[Status]) -> QueueFilter {
        QueueFilter {
            status: status.to_vec(),
            article: crate::domain::id::ArticleId::parse("a"),
            query: Search::parse("two words", false),
            among: None,
            unindexed: None,
            rule: Some("link".into()),
            author: Some("author".into()),
            min_score: Some(0.1),
            max_score: Some(0.9),
            unreviewed: true,
            claimed: Some(false),
            reported: true,
            campaign_of: Some(CommentId(Uuid::nil())),
        }
    }

    /// Returns the part of a page's plan before the joins. After it, the complete page is scanned.
    fn completed(plan: &str) -> String {
        plan.split_once("SCAN c\n").unwrap_or_else(|| panic!("no page is completed first\n{plan}")).0.to_owned()
    }

    #[tokio::test]
    async fn sqlite_reads_the_queue_straight_from_an_index() {
        let dir = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(dir.path().join("duyet.sqlite3"));
        store.migrate().await.unwrap();
        let (site, now) = (SiteId::parse("site").unwrap(), DateTime::UNIX_EPOCH);
        let cursor = Some(Cursor { at: now, id: Uuid::nil(), score: 1.0 });
        let filters = STATUSES
            .iter()
            .flat_map(|status| [full(status), QueueFilter { status: status.to_vec(), ..QueueFilter::default() }]);
        for (filter, order) in
            filters.flat_map(|filter| QueueOrder::ALL.iter().map(move |order| (filter.clone(), *order)))
        {
            let any = filter.status.len() > 1;
            let mut asked = QueuePage { site: &site, filter: &filter, order, size: 9, after: None, until: cursor, now };
            let first = completed(&page(&asked, 9).sqlite_plan(store.reads()).await.unwrap());
            asked.after = cursor;
            let next = completed(&page(&asked, 9).sqlite_plan(store.reads()).await.unwrap());
            let sorted = any && keys(order).any.is_none();
            for plan in [&first, &next] {
                assert_eq!(plan.contains("TEMP B-TREE"), sorted, "{filter:?} {order}\n{plan}");
                assert!(plan.contains("SEARCH c USING INDEX"), "{filter:?} {order}\n{plan}");
            }
            // The scan starts where the page does, not at the beginning of the index.
            assert!(sorted || next.contains('>') || next.contains('<'), "{filter:?} {order}\n{next}");
            let ids = [CommentId(Uuid::nil())];
            let found = find(&site, &ids, &filter, now).sqlite_plan(store.reads()).await.unwrap();
            assert!(found.contains("SEARCH c USING INDEX sqlite_autoindex_comments_1"), "{filter:?}\n{found}");
            let count = count(&asked, 9).sqlite_plan(store.reads()).await.unwrap();
            let named = QueueFilter { query: None, among: Some(ids.to_vec()), ..filter.clone() };
            let among =
                texts(&QueuePage { filter: &named, ..asked.clone() }, 9).sqlite_plan(store.reads()).await.unwrap();
            assert!(among.contains("sqlite_autoindex_comments_1 (site_id=? AND comment_id=?)"), "{filter:?}\n{among}");
            let many = QueueFilter { unindexed: Some(ids.to_vec()), ..filter.clone() };
            let many = super::count(&QueuePage { filter: &many, ..asked.clone() }, 9);
            let many = many.sqlite_plan(store.reads()).await.unwrap();
            let by_key = "SEARCH t USING INDEX sqlite_autoindex_search_terms_1 (site_id=? AND comment_id=?)";
            assert!(filter.query.is_none() || many.contains(by_key), "{filter:?}\n{many}");
            let mut plans = vec![first, next, found, count, among, many];
            if let Some(slice) = slice(&asked) {
                plans.push(slice.sqlite_plan(store.reads()).await.unwrap());
            }
            for plan in plans {
                assert!(!plan.contains("SCAN c") && !plan.contains("SCAN k"), "{filter:?} {order}\n{plan}");
            }
        }
    }
}
