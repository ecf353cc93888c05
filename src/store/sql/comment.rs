//! Comments for readers.

use async_trait::async_trait;
use futures_util::future::try_join_all;

use super::{
    Backend, Caller, Statement,
    dialect::Dialect,
    list::list,
    records::{self, COMMENT},
};
use crate::{
    domain::{
        Result,
        comment::Comment,
        id::{CommentId, SiteId},
        page::CommentPage,
    },
    store::contract::{ArticlePage, CommentStore},
};

#[async_trait]
impl<B: Backend> CommentStore for B {
    async fn find_comment(&self, site: &SiteId, id: CommentId) -> Result<Option<Comment>> {
        let _place = self.place_for(Caller::Portal).await?;
        let row = Statement::new("select ")
            .columns(&COMMENT, "c")
            .push(" from comments c where c.site_id = :site and c.comment_id = :id")
            .bind("site", site)
            .bind("id", id)
            .fetch_optional(self.reads())
            .await?;
        row.map(|row| records::comment(row.of(&COMMENT, "c")?)).transpose()
    }

    async fn list_comments(&self, pages: &[CommentPage]) -> Result<Vec<ArticlePage>> {
        let _place = self.place_for(Caller::Portal).await?;
        match self.reads().dialect() {
            Dialect::Postgres => list(self.reads(), pages).await,
            // In SQLite, a statement needs no network round trip, and several readers work in parallel.
            Dialect::Sqlite => {
                let lists = pages.iter().map(|page| list(self.reads(), std::slice::from_ref(page)));
                Ok(try_join_all(lists).await?.into_iter().flatten().collect())
            }
        }
    }
}
