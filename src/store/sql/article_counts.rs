//! Changes that a batch of submissions makes to articles, and to the roots that its comments reply to.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{Connection, List, Rows, Statement};
use crate::domain::{
    Result,
    article::Article,
    id::{ArticleId, SiteId},
    submission::Submission,
};

/// The changes that a batch makes to one article.
#[derive(Debug, Default)]
struct Change<'a> {
    /// The article before the batch. `None` for a new article.
    known: Option<&'a Article>,
    /// The last title that is not empty.
    title: Option<&'a str>,
    /// The last URL that is not empty.
    url: Option<&'a str>,
    first_at: DateTime<Utc>,
    published_at: Option<DateTime<Utc>>,
    /// Number of comments that are published without a review.
    public: i64,
}

/// The articles and roots that a batch changes, sorted by their keys, which is the lock order.
#[derive(Debug)]
pub(super) struct Touched<'a> {
    articles: BTreeMap<(&'a SiteId, &'a ArticleId), Change<'a>>,
    /// Number of new public replies of each root.
    roots: BTreeMap<(&'a SiteId, Uuid), i32>,
}

impl<'a> Touched<'a> {
    /// Collects the changes. Each submission is given with its article before the batch, or `None` if it was unknown.
    pub(super) fn of(stored: &'a [(&'a Submission, Option<Article>)]) -> Self {
        let (mut articles, mut roots) = (BTreeMap::new(), BTreeMap::new());
        for (one, known) in stored {
            let fresh = || Change { known: known.as_ref(), first_at: one.comment.created_at, ..Change::default() };
            let change: &mut Change<'a> = articles.entry((&one.site, &one.comment.article)).or_insert_with(fresh);
            change.title = Some(one.article_title.as_str()).filter(|title| !title.is_empty()).or(change.title);
            change.url = Some(one.article_url.as_str()).filter(|url| !url.is_empty()).or(change.url);
            change.published_at = change.published_at.or(one.article_published_at);
            if one.comment.status.is_public() {
                change.public += 1;
                if let Some(root) = one.comment.parent {
                    *roots.entry((&one.site, root.0)).or_default() += 1;
                }
            }
        }
        Self { articles, roots }
    }

    /// Creates the unknown articles. An article that another transaction created first is not changed.
    pub(super) async fn create(&self, tx: &mut Connection<'_>) -> Result<()> {
        let new = || self.articles.iter().filter(|(_, change)| change.known.is_none());
        if new().next().is_none() {
            return Ok(());
        }
        let rows = Rows::new()
            .column("site_id", List::texts(new().map(|((site, _), _)| site.as_str())))
            .column("article_id", List::texts(new().map(|((_, id), _)| id.as_str())))
            .column("title", List::texts(new().map(|(_, change)| change.title.unwrap_or_default())))
            .column("url", List::texts(new().map(|(_, change)| change.url.unwrap_or_default())))
            .column("at", List::times(new().map(|(_, change)| change.first_at)))
            .column("published_at", List::times(new().map(|(_, change)| change.published_at)));
        Statement::new(
            r#"insert into articles (site_id, article_id, title, url, mode, close_at, revision, public_count, created_at, published_at)
            select i.site_id, i.article_id, i.title, i.url, null, null, 1, 0, i.at, i.published_at from :articles i
            where true order by i.site_id {collate "C" | }, i.article_id {collate "C" | }
            on conflict do nothing"#,
        )
        .bind("articles", rows)
        .execute_later(tx)
        .await?;
        Ok(())
    }

    /// Adds the public comments to the counts. Writes new titles and URLs, and the time of publication if the article
    /// had none.
    pub(super) async fn update(&self, tx: &mut Connection<'_>) -> Result<()> {
        self.count_replies(tx).await?;
        self.update_articles(tx).await
    }

    /// Updates the reply counts. Several roots are locked first, in order. A single root needs no separate lock,
    /// because its update locks it.
    async fn count_replies(&self, tx: &mut Connection<'_>) -> Result<()> {
        if self.roots.is_empty() {
            return Ok(());
        }
        let rows = Rows::new()
            .column("site_id", List::texts(self.roots.keys().map(|(site, _)| site.as_str())))
            .column("comment_id", List::uuids(self.roots.keys().map(|(_, id)| *id)))
            .column("public", List::ints(self.roots.values().copied()));
        if self.roots.len() > 1 && tx.dialect().has_concurrent_writers() {
            Statement::new(
                "select 1 as locked from comments c join :roots i on i.site_id = c.site_id and i.comment_id = c.comment_id
                order by c.site_id, c.comment_id for no key update of c",
            )
            .bind("roots", rows.clone())
            .execute(&mut *tx)
            .await?;
        }
        Statement::new(
            "update comments as c set reply_count = c.reply_count + i.public from :roots i
            where c.site_id = i.site_id and c.comment_id = i.comment_id",
        )
        .bind("roots", rows)
        .execute_later(tx)
        .await?;
        Ok(())
    }

    /// Updates the articles. Several articles are locked first, in order.
    async fn update_articles(&self, tx: &mut Connection<'_>) -> Result<()> {
        let changed: Vec<_> = self.articles.iter().filter(|(_, change)| change.updates()).collect();
        if changed.is_empty() {
            return Ok(());
        }
        let all = || changed.iter();
        let keys = Rows::new()
            .column("site_id", List::texts(all().map(|((site, _), _)| site.as_str())))
            .column("article_id", List::texts(all().map(|((_, id), _)| id.as_str())));
        if changed.len() > 1 && tx.dialect().has_concurrent_writers() {
            Statement::new(
                "select 1 as locked from articles a join :articles i on i.site_id = a.site_id and i.article_id = a.article_id
                order by a.site_id, a.article_id for no key update of a",
            )
            .bind("articles", keys.clone())
            .execute(&mut *tx)
            .await?;
        }
        let rows = keys
            .column("title", List::texts(all().map(|(_, change)| change.new_title())))
            .column("url", List::texts(all().map(|(_, change)| change.new_url())))
            .column("published_at", List::times(all().map(|(_, change)| change.new_published_at())))
            .column("public", List::longs(all().map(|(_, change)| change.public)));
        Statement::new(
            "update articles as a set public_count = a.public_count + i.public, title = coalesce(i.title, a.title),
                url = coalesce(i.url, a.url), published_at = coalesce(a.published_at, i.published_at)
            from :articles i where a.site_id = i.site_id and a.article_id = i.article_id",
        )
        .bind("articles", rows)
        .execute_later(tx)
        .await?;
        Ok(())
    }
}

impl<'a> Change<'a> {
    /// Values that the article already has, or was just created with, are not written again.
    fn updates(&self) -> bool {
        self.public > 0 || self.new_title().is_some() || self.new_url().is_some() || self.new_published_at().is_some()
    }

    fn new_title(&self) -> Option<&'a str> {
        self.title.filter(|title| self.known.is_some_and(|known| known.title != *title))
    }

    fn new_url(&self) -> Option<&'a str> {
        self.url.filter(|url| self.known.is_some_and(|known| known.url != *url))
    }

    fn new_published_at(&self) -> Option<DateTime<Utc>> {
        self.published_at.filter(|_| self.known.is_some_and(|known| known.published_at.is_none()))
    }
}
