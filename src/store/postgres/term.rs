//! Terms. The row of a term that is changed is locked; two that list the same pattern meet in its unique index.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{PostgresStore, audit, request, session::Session};
use crate::{
    domain::{
        Result,
        id::SiteId,
        page::{Cursor, Page},
        spam::{PastComment, Term, TermChange},
    },
    store::{
        contract::TermStore,
        error, keyset, outcome, parse,
        rows::RowReader,
        term::{self, Deed},
    },
};

const LIST: &str = concat!(
    "select ",
    term_columns!("t"),
    " from terms t
    where t.site_id = $1 and t.deleted_at is null and position($2 in t.match_key) > 0 and (t.updated_at, t.term_id) < ($3, $4)
    order by t.updated_at desc, t.term_id desc limit $5"
);

const ALL: &str = concat!(
    "select ",
    term_columns!("t"),
    " from terms t where t.site_id = $1 and t.deleted_at is null order by t.term_id"
);

/// One that nobody reviewed in time has an EXPIRE at its revision.
const DECIDED: &str = "
    select c.comment_id, c.author_name, c.title, c.content, c.status, c.reviewed_at from comments c
    where c.site_id = $1 and c.reviewed_at >= $2 and c.status in ('APPROVED', 'REJECTED', 'REMOVED', 'SPAM')
        and not exists (select 1 from audit a where a.site_id = c.site_id and a.comment_id = c.comment_id
            and a.revision = c.revision and a.action = 'EXPIRE')
    order by c.reviewed_at desc, c.comment_id desc limit $3";

const RECEIVED: &str = "
    select c.comment_id, c.author_name, c.title, c.content, c.status, c.created_at from comments c
    where c.site_id = $1 and c.created_at >= $2 and c.status <> 'ERASED'
    order by c.created_at desc, c.comment_id desc limit $3";

#[async_trait]
impl TermStore for PostgresStore {
    async fn list_terms(&self, site: &SiteId, key: &str, count: usize, after: Option<Cursor>) -> Result<Page<Term>> {
        let start = keyset::descending(after);
        let query = sqlx::query(LIST).bind(site.as_str()).bind(key).bind(start.at).bind(start.id);
        let rows = query.bind(parse::limit(count + 1)).fetch_all(&self.pool).await?;
        let terms = rows.iter().map(|row| term::term(&mut RowReader::new(row))).collect::<Result<_>>()?;
        Ok(Page::of(terms, count, term::cursor))
    }

    async fn change_term(&self, change: &TermChange) -> Result<Term> {
        in_transaction!(self, tx => apply(&mut tx, change).await?)
    }

    async fn term_versions(&self) -> Result<Vec<(SiteId, i64)>> {
        let _turn = self.background_turn().await?;
        let sql = "select site_id, cast(sum(revision) as bigint) from terms group by site_id";
        let rows: Vec<(String, i64)> = sqlx::query_as(sql).fetch_all(&self.pool).await?;
        rows.into_iter().map(|(site, version)| Ok((parse::site(&site)?, version))).collect()
    }

    async fn all_terms(&self, site: &SiteId) -> Result<Vec<Term>> {
        let rows = sqlx::query(ALL).bind(site.as_str()).fetch_all(&self.pool).await?;
        rows.iter().map(|row| term::term(&mut RowReader::new(row))).collect()
    }

    async fn decided_comments(&self, site: &SiteId, since: DateTime<Utc>, limit: usize) -> Result<Vec<PastComment>> {
        let query = sqlx::query(DECIDED).bind(site.as_str()).bind(since).bind(parse::limit(limit));
        let rows = query.fetch_all(&self.pool).await?;
        rows.iter().map(|row| term::past(&mut RowReader::new(row))).collect()
    }

    async fn received_comments(&self, site: &SiteId, since: DateTime<Utc>, limit: usize) -> Result<Vec<PastComment>> {
        let query = sqlx::query(RECEIVED).bind(site.as_str()).bind(since).bind(parse::limit(limit));
        let rows = query.fetch_all(&self.pool).await?;
        rows.iter().map(|row| term::past(&mut RowReader::new(row))).collect()
    }
}

async fn apply(tx: &mut Session, change: &TermChange) -> Result<Term> {
    let locked = lock(tx, &change.site, change.id).await?;
    if let Some(first) = request::replay(tx, &change.site, change.request.as_ref()).await? {
        return Ok(first);
    }
    let (deed, term) = term::changed(locked, change)?;
    let written = match deed {
        Deed::List => list(tx, &change.site, &term).await,
        Deed::Change => write(tx, UPDATE, &change.site, &term).await,
        Deed::TakeOff => take_off(tx, &change.site, &term).await,
    };
    if let Err(error) = written {
        // The pattern may be there because a twin of this request was faster.
        return request::replay(tx, &change.site, change.request.as_ref()).await?.ok_or(error);
    }
    audit::insert(tx, &change.site, &term::entry(change, &term)).await?;
    if let Some(request) = &change.request {
        let row = outcome::answered(request, &term)?;
        request::insert(tx, &change.site, &row, change.entry.id, change.entry.at).await?;
    }
    Ok(term)
}

const LOCK: &str = concat!(
    "select ",
    term_columns!("t"),
    " from terms t where t.site_id = $1 and t.term_id = $2 and t.deleted_at is null for no key update"
);

async fn lock(tx: &mut Session, site: &SiteId, id: Uuid) -> Result<Option<Term>> {
    let row = sqlx::query(LOCK).bind(site.as_str()).bind(id).fetch_optional(tx).await?;
    row.map(|row| term::term(&mut RowReader::new(&row))).transpose()
}

const INSERT: &str = "
    insert into terms (site_id, term_id, pattern, match_key, tier, state, weight, note, revision, updated_by, updated_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) on conflict do nothing";

const UPDATE: &str = "
    update terms set pattern = $3, match_key = $4, tier = $5, state = $6, weight = $7, note = $8, revision = $9,
        updated_by = $10, updated_at = $11
    where site_id = $1 and term_id = $2 and not exists (select 1 from terms o where o.site_id = $1 and o.term_id <> $2
        and o.match_key = $4 and o.tier = $5 and o.deleted_at is null)";

async fn list(tx: &mut Session, site: &SiteId, term: &Term) -> Result<()> {
    let sql = "select count(*) from terms where site_id = $1 and deleted_at is null";
    term::check_room(sqlx::query_scalar(sql).bind(site.as_str()).fetch_one(&mut *tx).await?)?;
    write(tx, INSERT, site, term).await
}

/// `sql` writes no row when another term has the same pattern.
async fn write(tx: &mut Session, sql: &'static str, site: &SiteId, term: &Term) -> Result<()> {
    let query = sqlx::query(sql).bind(site.as_str()).bind(term.id).bind(&term.pattern).bind(term.key());
    let query = query.bind(term.tier.as_str()).bind(term.state.as_str()).bind(term.weight).bind(&term.note);
    let query = query.bind(term.revision).bind(&term.updated_by).bind(term.updated_at);
    let changed = query.execute(tx).await.map_err(error::overtaken_if_unique)?.rows_affected();
    if changed == 0 { Err(term::repeated()) } else { Ok(()) }
}

async fn take_off(tx: &mut Session, site: &SiteId, term: &Term) -> Result<()> {
    let sql = "update terms set revision = $3, updated_by = $4, updated_at = $5, deleted_at = $5
        where site_id = $1 and term_id = $2";
    let query = sqlx::query(sql).bind(site.as_str()).bind(term.id).bind(term.revision);
    query.bind(&term.updated_by).bind(term.updated_at).execute(tx).await?;
    Ok(())
}
