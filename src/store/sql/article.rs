//! Articles and their policy. The row of an article is locked while its policy is changed.

use async_trait::async_trait;

use super::{
    Backend, Caller, Connection, Fields, List, Statement, audit,
    change_feed::{self, NewChange},
    records::{self, ARTICLE, SITE},
    request, site,
};
use crate::{
    domain::{
        Result,
        article::{Article, ArticleChange},
        article_name::ArticleName,
        change::ChangeKind,
        id::{ArticleId, SiteId},
        mode::Mode,
        site::{LockdownCall, Site, SiteChange},
    },
    store::{
        contract::{Policies, PolicyStore},
        error, outcome, parse,
    },
};

#[async_trait]
impl<B: Backend> PolicyStore for B {
    async fn find_policies(&self, site: &SiteId, ids: &[ArticleId]) -> Result<Policies> {
        let _place = self.place_for(Caller::Portal).await?;
        find(self.reads(), site, ids).await
    }

    async fn newest_articles(&self, site: &SiteId, most: usize) -> Result<Vec<ArticleName>> {
        let rows = Statement::new(
            "select article_id, title from articles where site_id = :site order by created_at desc limit :most",
        );
        let rows = rows.bind("site", site).bind("most", parse::limit(most)).fetch_all(self.reads()).await?;
        let name = |row: Fields<'_>| Ok(ArticleName { id: row.get("article_id")?, title: row.get("title")? });
        rows.iter().map(|row| name(row.fields())).collect()
    }

    async fn update_article(&self, change: &ArticleChange) -> Result<Article> {
        transaction!(self, tx => update(tx, change).await?)
    }

    async fn update_site(&self, change: &SiteChange) -> Result<Site> {
        transaction!(self, tx => site::update(tx, change).await?)
    }

    async fn call_lockdown(&self, call: &LockdownCall) -> Result<Site> {
        transaction!(self, tx => site::lock_down(tx, call).await?)
    }
}

/// The join starts from one row, so that the site is returned even when no article is known.
pub(in crate::store) async fn find(
    on: impl Into<Connection<'_>>,
    site: &SiteId,
    ids: &[ArticleId],
) -> Result<Policies> {
    let rows = Statement::new("select ")
        .columns(&SITE, "s")
        .push(", ")
        .columns(&ARTICLE, "a")
        .push(
            " from (select 1) one left join sites s on s.site_id = :site
            left join articles a on a.site_id = :site and a.article_id in :ids",
        )
        .bind("site", site)
        .bind("ids", List::texts(ids.iter().map(ArticleId::as_str)))
        .fetch_all(on)
        .await?;
    let mut policies = Policies::default();
    for row in &rows {
        policies.site = records::site(row.joined(&SITE, "s")?)?;
        policies.articles.extend(row.joined(&ARTICLE, "a")?.map(records::article).transpose()?);
    }
    Ok(policies)
}

async fn update(tx: &mut Connection<'_>, change: &ArticleChange) -> Result<Article> {
    let current = lock(tx, &change.site, &change.id).await?;
    if let Some(first) = request::replay(tx, &change.site, change.request.as_ref()).await? {
        return Ok(first);
    }
    let is_new = current.is_none();
    let article = change.apply(current)?;
    let write = if is_new { create(change, &article) } else { overwrite(change, &article) };
    if write.execute(&mut *tx).await? == 0 {
        // A concurrent transaction created the article after this one looked for it.
        return Err(error::overtaken());
    }
    audit::insert(tx, &change.site, &outcome::article_entry(change, &article)).await?;
    let new = NewChange {
        site: &change.site,
        kind: ChangeKind::ArticleChanged,
        comment: None,
        article: Some(&article.id),
        revision: article.revision,
        at: change.at,
    };
    change_feed::add(tx, &[new]).await?;
    if let Some(request) = &change.request {
        let row = outcome::answered(request, &article)?;
        request::insert(tx, &change.site, &row, change.audit_id, change.at).await?;
    }
    Ok(article)
}

async fn lock(tx: &mut Connection<'_>, site: &SiteId, id: &ArticleId) -> Result<Option<Article>> {
    let row = Statement::new("select ")
        .columns(&ARTICLE, "a")
        .push(" from articles a where a.site_id = :site and a.article_id = :article {for no key update | }")
        .bind("site", site)
        .bind("article", id)
        .fetch_optional(tx)
        .await?;
    row.map(|row| records::article(row.of(&ARTICLE, "a")?)).transpose()
}

fn create<'q>(change: &'q ArticleChange, article: &'q Article) -> Statement<'q> {
    let insert = Statement::insert(
        "articles",
        vec![
            ("site_id", (&change.site).into()),
            ("article_id", (&article.id).into()),
            ("title", (&article.title).into()),
            ("url", (&article.url).into()),
            ("mode", article.mode.map(Mode::as_str).into()),
            ("close_at", article.close_at.into()),
            ("revision", article.revision.into()),
            ("published_at", article.published_at.into()),
            ("public_count", 0_i64.into()),
            ("created_at", change.at.into()),
        ],
    );
    insert.push(" on conflict do nothing")
}

fn overwrite<'q>(change: &'q ArticleChange, article: &'q Article) -> Statement<'q> {
    Statement::new(
        "update articles set title = :title, url = :url, mode = :mode, close_at = :close_at, revision = :revision,
            published_at = :published_at
        where site_id = :site and article_id = :article",
    )
    .bind("site", &change.site)
    .bind("article", &article.id)
    .bind("title", &article.title)
    .bind("url", &article.url)
    .bind("mode", article.mode.map(Mode::as_str))
    .bind("close_at", article.close_at)
    .bind("revision", article.revision)
    .bind("published_at", article.published_at)
}
