//! The terms of a site. The row of a term is locked while it is changed. Of concurrent transactions that add the same
//! pattern, the unique index lets one succeed.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{Backend, Caller, Columns, Connection, Fields, Statement, audit, request};
use crate::{
    domain::{
        Result,
        comment::FormText,
        id::SiteId,
        page::{Cursor, Page},
        spam::{PastComment, Term, TermChange},
    },
    store::{
        contract::TermStore,
        error, keyset, outcome, parse,
        term::{self, TermWrite},
    },
};

const TERM: Columns =
    Columns::new(&["term_id", "pattern", "tier", "state", "weight", "note", "revision", "updated_by", "updated_at"]);

#[async_trait]
impl<B: Backend> TermStore for B {
    async fn list_terms(&self, site: &SiteId, key: &str, count: usize, after: Option<Cursor>) -> Result<Page<Term>> {
        let start = keyset::descending(after);
        let rows = Statement::new("select ")
            .columns(&TERM, "t")
            .push(
                " from terms t { | indexed by terms_by_time} where t.site_id = :site and t.deleted_at is null
                    and {strpos | instr}(t.match_key, :key) > 0 and (t.updated_at, t.term_id) < (:at, :id)
                order by t.updated_at desc, t.term_id desc limit :count",
            )
            .bind("site", site)
            .bind("key", key)
            .bind("at", start.at)
            .bind("id", start.id)
            .bind("count", parse::limit(count + 1))
            .fetch_all(self.reads())
            .await?;
        let terms = rows.iter().map(|row| read_term(row.of(&TERM, "t")?)).collect::<Result<_>>()?;
        Ok(Page::of(terms, count, term::cursor))
    }

    async fn change_term(&self, change: &TermChange) -> Result<Term> {
        transaction!(self, tx => apply(tx, change).await?)
    }

    async fn term_versions(&self) -> Result<Vec<(SiteId, i64)>> {
        let _place = self.place_for(Caller::Background).await?;
        let sql = "select site_id, cast(sum(revision) as bigint) as version from terms group by site_id";
        let rows = Statement::new(sql).fetch_all(self.reads()).await?;
        rows.iter().map(|row| Ok((row.fields().get("site_id")?, row.fields().get("version")?))).collect()
    }

    async fn all_terms(&self, site: &SiteId) -> Result<Vec<Term>> {
        let rows = Statement::new("select ")
            .columns(&TERM, "t")
            .push(" from terms t where t.site_id = :site and t.deleted_at is null order by t.term_id")
            .bind("site", site)
            .fetch_all(self.reads())
            .await?;
        rows.iter().map(|row| read_term(row.of(&TERM, "t")?)).collect()
    }

    async fn decided_comments(&self, site: &SiteId, since: DateTime<Utc>, limit: usize) -> Result<Vec<PastComment>> {
        // A comment that expired without a review has an EXPIRE entry at its revision.
        let statement = Statement::new(
            "select c.comment_id, c.author_name, c.title, c.content, c.status, c.reviewed_at as at
            from comments c { | indexed by comments_by_review}
            where c.site_id = :site and c.reviewed_at >= :since and c.status in ('APPROVED', 'REJECTED', 'REMOVED', 'SPAM')
                and not exists (select 1 from audit a where a.site_id = c.site_id and a.comment_id = c.comment_id
                    and a.revision = c.revision and a.action = 'EXPIRE')
            order by c.reviewed_at desc, c.comment_id desc limit :limit",
        );
        past_comments(self, statement, site, since, limit).await
    }

    async fn received_comments(&self, site: &SiteId, since: DateTime<Utc>, limit: usize) -> Result<Vec<PastComment>> {
        let statement = Statement::new(
            "select c.comment_id, c.author_name, c.title, c.content, c.status, c.created_at as at
            from comments c { | indexed by comments_by_age}
            where c.site_id = :site and c.created_at >= :since and c.status <> 'ERASED'
            order by c.created_at desc, c.comment_id desc limit :limit",
        );
        past_comments(self, statement, site, since, limit).await
    }
}

async fn past_comments(
    backend: &impl Backend,
    statement: Statement<'_>,
    site: &SiteId,
    since: DateTime<Utc>,
    limit: usize,
) -> Result<Vec<PastComment>> {
    let statement = statement.bind("site", site.as_str().to_owned()).bind("since", since);
    let rows = statement.bind("limit", parse::limit(limit)).fetch_all(backend.reads()).await?;
    rows.iter().map(|row| read_past_comment(row.fields())).collect()
}

fn read_term(row: Fields<'_>) -> Result<Term> {
    Ok(Term {
        id: row.get("term_id")?,
        pattern: row.get("pattern")?,
        tier: row.named("tier")?,
        state: row.named("state")?,
        weight: row.get("weight")?,
        note: row.get("note")?,
        revision: row.get("revision")?,
        updated_by: row.get("updated_by")?,
        updated_at: row.get("updated_at")?,
    })
}

fn read_past_comment(row: Fields<'_>) -> Result<PastComment> {
    Ok(PastComment {
        id: row.get("comment_id")?,
        text: FormText { author_name: row.get("author_name")?, title: row.get("title")?, content: row.get("content")? },
        status: row.named("status")?,
        at: row.get("at")?,
    })
}

async fn apply(tx: &mut Connection<'_>, change: &TermChange) -> Result<Term> {
    let locked = lock(tx, &change.site, change.id).await?;
    if let Some(first) = request::replay(tx, &change.site, change.request.as_ref()).await? {
        return Ok(first);
    }
    let (write, term) = term::changed(locked, change)?;
    let written = match write {
        TermWrite::Add => add(tx, &change.site, &term).await,
        TermWrite::Change => update(tx, &change.site, &term).await,
        TermWrite::Remove => remove(tx, &change.site, &term).await,
    };
    if let Err(error) = written {
        // The pattern may exist because a concurrent request with the same id added it.
        return request::replay(tx, &change.site, change.request.as_ref()).await?.ok_or(error);
    }
    audit::insert(tx, &change.site, &term::entry(change, &term)).await?;
    if let Some(request) = &change.request {
        let row = outcome::answered(request, &term)?;
        request::insert(tx, &change.site, &row, change.entry.id, change.entry.at).await?;
    }
    Ok(term)
}

async fn lock(tx: &mut Connection<'_>, site: &SiteId, id: Uuid) -> Result<Option<Term>> {
    let row = Statement::new("select ")
        .columns(&TERM, "t")
        .push(
            " from terms t where t.site_id = :site and t.term_id = :id and t.deleted_at is null
            {for no key update | }",
        )
        .bind("site", site)
        .bind("id", id)
        .fetch_optional(tx)
        .await?;
    row.map(|row| read_term(row.of(&TERM, "t")?)).transpose()
}

async fn add(tx: &mut Connection<'_>, site: &SiteId, term: &Term) -> Result<()> {
    let count = Statement::new("select count(*) as listed from terms where site_id = :site and deleted_at is null");
    let count = count.bind("site", site).fetch_one(&mut *tx).await?;
    term::check_capacity(count.fields().get("listed")?)?;
    let insert = Statement::insert(
        "terms",
        vec![
            ("site_id", site.into()),
            ("term_id", term.id.into()),
            ("pattern", (&term.pattern).into()),
            ("match_key", term.key().into()),
            ("tier", term.tier.as_str().into()),
            ("state", term.state.as_str().into()),
            ("weight", term.weight.into()),
            ("note", (&term.note).into()),
            ("revision", term.revision.into()),
            ("updated_by", (&term.updated_by).into()),
            ("updated_at", term.updated_at.into()),
        ],
    );
    let changed = insert.push(" on conflict do nothing").execute(tx).await?;
    if changed == 0 { Err(term::repeated()) } else { Ok(()) }
}

/// Updates a term. No row is changed if another term of the tier has the same pattern.
async fn update(tx: &mut Connection<'_>, site: &SiteId, term: &Term) -> Result<()> {
    let update = Statement::new(
        "update terms set pattern = :pattern, match_key = :match_key, tier = :tier, state = :state, weight = :weight,
            note = :note, revision = :revision, updated_by = :updated_by, updated_at = :updated_at
        where site_id = :site and term_id = :id and not exists (
            select 1 from terms o where o.site_id = :site and o.term_id <> :id and o.match_key = :match_key
                and o.tier = :tier and o.deleted_at is null)",
    )
    .bind("site", site)
    .bind("id", term.id)
    .bind("pattern", &term.pattern)
    .bind("match_key", term.key())
    .bind("tier", term.tier.as_str())
    .bind("state", term.state.as_str())
    .bind("weight", term.weight)
    .bind("note", &term.note)
    .bind("revision", term.revision)
    .bind("updated_by", &term.updated_by)
    .bind("updated_at", term.updated_at);
    let changed = update.execute(tx).await.map_err(error::retried_if_unique)?;
    if changed == 0 { Err(term::repeated()) } else { Ok(()) }
}

async fn remove(tx: &mut Connection<'_>, site: &SiteId, term: &Term) -> Result<()> {
    Statement::new(
        "update terms set revision = :revision, updated_by = :updated_by, updated_at = :updated_at, deleted_at = :updated_at
        where site_id = :site and term_id = :id",
    )
    .bind("site", site)
    .bind("id", term.id)
    .bind("revision", term.revision)
    .bind("updated_by", &term.updated_by)
    .bind("updated_at", term.updated_at)
    .execute(tx)
    .await?;
    Ok(())
}
