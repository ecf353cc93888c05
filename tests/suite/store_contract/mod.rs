//! The storage contract, each promise tried to be broken, on both databases.

/// Runs every test once per database, as `sqlite::name` and `postgres::name`.
macro_rules! contract {
    ($($(#[$meta:meta])* async fn $name:ident($home:ident: &Home) $body:block)+) => {
        $($(#[$meta])* async fn $name($home: &Home) $body)+

        mod sqlite {
            use crate::support::home::Home;
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)] async fn $name() {
                super::$name(&Home::sqlite().await).await;
            })+
        }

        mod postgres {
            use crate::support::home::Home;
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)] async fn $name() {
                super::$name(&Home::postgres().await).await;
            })+
        }
    };
}

mod articles;
mod audit;
mod decisions;
mod faults;
mod lists;
mod outage;
mod queue;
mod requests;
mod schema;
mod submissions;
mod tokens;
mod writer;

use duyet::domain::{
    Result,
    comment::Comment,
    id::CommentId,
    policy::Mode,
    submission::{Inserted, Submission},
};

use crate::support::{home::Home, sample::site};

impl Home {
    /// Inserts one submission on a site in PRE mode.
    pub(crate) async fn insert(&self, submission: &Submission) -> Result<Inserted> {
        let mut answers = self.store.insert_submissions(std::slice::from_ref(submission), Mode::Pre).await?;
        assert_eq!(answers.len(), 1);
        Ok(answers.remove(0))
    }

    /// Inserts all in one batch, and all must be stored.
    pub(crate) async fn store_all(&self, submissions: &[Submission]) {
        let answers = self.store.insert_submissions(submissions, Mode::Pre).await.unwrap();
        assert!(answers.iter().all(|answer| *answer == Inserted::Stored), "{answers:?}");
    }

    pub(crate) async fn comment(&self, id: CommentId) -> Comment {
        self.store.find_comment(&site(), id).await.unwrap().unwrap()
    }

    /// Fails when any public count differs from a recount.
    pub(crate) async fn recount(&self) {
        let sql = "select (select count(*) from articles a where a.public_count <> (select count(*) from comments c
                where c.site_id = a.site_id and c.article_id = a.article_id and c.status = 'APPROVED'))
            + (select count(*) from comments r where r.reply_count <> (select count(*) from comments c
                where c.site_id = r.site_id and c.parent_id = r.comment_id and c.status = 'APPROVED'))";
        assert_eq!(self.number(sql).await, 0, "a public count is wrong");
    }
}
