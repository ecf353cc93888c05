//! Public counts: the replies of comments and the comments of articles.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::{Connection, List, Rows, Statement};
use crate::domain::{Result, comment::Comment, id::SiteId};

/// Updates the counts of each comment's parent and article. The caller holds the locks of the parents. Articles are
/// locked here, in the order of their ids.
pub(super) async fn add<'c>(
    tx: &mut Connection<'_>,
    site: &SiteId,
    changes: impl Iterator<Item = (&'c Comment, i32)> + Send,
) -> Result<()> {
    let (mut parents, mut articles) = (BTreeMap::<Uuid, i32>::new(), BTreeMap::<&str, i32>::new());
    for (comment, change) in changes {
        if let Some(parent) = comment.parent {
            *parents.entry(parent.0).or_default() += change;
        }
        *articles.entry(comment.article.as_str()).or_default() += change;
    }
    parents.retain(|_, change| *change != 0);
    articles.retain(|_, change| *change != 0);
    add_replies(tx, site, &parents).await?;
    add_comments(tx, site, &articles).await
}

async fn add_replies(tx: &mut Connection<'_>, site: &SiteId, parents: &BTreeMap<Uuid, i32>) -> Result<()> {
    if parents.is_empty() {
        return Ok(());
    }
    let rows = Rows::new()
        .column("comment_id", List::uuids(parents.keys().copied()))
        .column("change", List::ints(parents.values().copied()));
    Statement::new(
        "update comments as c set reply_count = c.reply_count + i.change
        from :rows i where c.site_id = :site and c.comment_id = i.comment_id",
    )
    .bind("rows", rows)
    .bind("site", site)
    .execute(tx)
    .await?;
    Ok(())
}

async fn add_comments(tx: &mut Connection<'_>, site: &SiteId, articles: &BTreeMap<&str, i32>) -> Result<()> {
    if articles.is_empty() {
        return Ok(());
    }
    // A single article needs no separate lock, because its update locks it.
    if articles.len() > 1 && tx.dialect().has_concurrent_writers() {
        Statement::new(
            "select 1 as locked from articles a where a.site_id = :site and a.article_id in :articles
            order by a.site_id, a.article_id for no key update",
        )
        .bind("site", site)
        .bind("articles", List::texts(articles.keys().copied()))
        .execute(&mut *tx)
        .await?;
    }
    let rows = Rows::new()
        .column("article_id", List::texts(articles.keys().copied()))
        .column("change", List::ints(articles.values().copied()));
    Statement::new(
        "update articles as a set public_count = a.public_count + i.change
        from :rows i where a.site_id = :site and a.article_id = i.article_id",
    )
    .bind("rows", rows)
    .bind("site", site)
    .execute(tx)
    .await?;
    Ok(())
}
