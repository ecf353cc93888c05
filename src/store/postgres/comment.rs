//! Comments as readers see them.

use async_trait::async_trait;

use super::{PostgresStore, list, session::Pool};
use crate::{
    domain::{
        Result,
        comment::Comment,
        id::{ArticleId, CommentId, SiteId},
        page::CommentPage,
    },
    store::{
        contract::{ArticlePage, CommentStore},
        rows::{self, RowReader},
    },
};

#[async_trait]
impl CommentStore for PostgresStore {
    async fn find_comment(&self, site: &SiteId, id: CommentId) -> Result<Option<Comment>> {
        let _turn = self.portals_turn().await?;
        find(&self.pool, site, id).await
    }

    async fn find_pending(&self, site: &SiteId, article: &ArticleId, ids: &[CommentId]) -> Result<Vec<Comment>> {
        let _turn = self.portals_turn().await?;
        find_pending(&self.pool, site, article, ids).await
    }

    async fn list_comments(&self, pages: &[CommentPage]) -> Result<Vec<ArticlePage>> {
        let _turn = self.portals_turn().await?;
        list::list(&self.pool, pages).await
    }
}

pub(super) async fn find(pool: &Pool, site: &SiteId, id: CommentId) -> Result<Option<Comment>> {
    let sql = concat!("select ", comment_columns!("c"), " from comments c where c.site_id = $1 and c.comment_id = $2");
    let row = sqlx::query(sql).bind(site.as_str()).bind(id.0).fetch_optional(pool).await?;
    row.map(|row| rows::comment(&mut RowReader::new(&row))).transpose()
}

pub(super) async fn find_pending(
    pool: &Pool,
    site: &SiteId,
    article: &ArticleId,
    ids: &[CommentId],
) -> Result<Vec<Comment>> {
    let sql = concat!(
        "select ",
        comment_columns!("c"),
        " from comments c where c.site_id = $1 and c.comment_id = any ($3) and c.article_id = $2
        and (c.status = 'PENDING' or (c.status = 'SPAM' and c.reviewed_at is null)) and c.reply_count = 0
        order by c.created_at, c.comment_id"
    );
    let ids: Vec<_> = ids.iter().map(|id| id.0).collect();
    let rows = sqlx::query(sql).bind(site.as_str()).bind(article.as_str()).bind(ids).fetch_all(pool).await?;
    rows.iter().map(|row| rows::comment(&mut RowReader::new(row))).collect()
}
