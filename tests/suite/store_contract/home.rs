//! Calls of the store that many contract tests make.

use duyetd::domain::{
    Result,
    comment::Comment,
    id::{CommentId, SiteId},
    submission::{Inserted, Submission, SubmitContext, SubmitQuestion},
};
use uuid::Uuid;

use crate::support::{home::Home, sample::site};

impl Home {
    /// Inserts one submission on a site in PRE mode.
    pub(crate) async fn insert(&self, submission: &Submission) -> Result<Inserted> {
        let mut answers = self.store.insert_submissions(std::slice::from_ref(submission)).await?;
        assert_eq!(answers.len(), 1);
        Ok(answers.remove(0))
    }

    /// Inserts all submissions in one batch. Panics if one of them is not stored.
    pub(crate) async fn store_all(&self, submissions: &[Submission]) {
        let answers = self.store.insert_submissions(submissions).await.unwrap();
        assert!(answers.iter().all(|answer| *answer == Inserted::Stored), "{answers:?}");
    }

    /// Returns the context of one submit, read in a batch with a question of another reader and one of another site,
    /// which must not affect it.
    pub(crate) async fn submit_context(&self, question: &SubmitQuestion) -> Result<SubmitContext> {
        let stranger = SubmitQuestion {
            request_id: Uuid::max(),
            device: Some([0xEE; 16]),
            fingerprint: [0xEE; 16],
            skeleton: None,
            parent: None,
            subjects: vec![],
            ..question.clone()
        };
        let abroad = SubmitQuestion { site: SiteId::parse("unknown").unwrap(), ..question.clone() };
        let mut contexts = self.store.submit_contexts(&[question.clone(), stranger, abroad]).await?;
        assert_eq!(contexts.len(), 3);
        for other in contexts.drain(1..) {
            assert_eq!(
                (other.request, other.parent, other.duplicate, other.ban, other.same_text),
                (None, None, None, None, 0)
            );
        }
        Ok(contexts.remove(0))
    }

    pub(crate) async fn comment(&self, id: CommentId) -> Comment {
        self.store.find_comment(&site(), id).await.unwrap().unwrap()
    }

    /// Makes PostgreSQL detect deadlocks long before a lock timeout. It must be called before the store is used.
    pub(crate) async fn watch_deadlocks(&self) {
        if self.is_postgres() {
            let sql = "do $$ begin
                execute format('alter database %I set deadlock_timeout = ''20ms''', current_database());
            end $$";
            self.execute(sql).await.unwrap();
        }
    }

    /// Closes the store, and returns the number of deadlocks that PostgreSQL broke in this database; SQLite has none.
    pub(crate) async fn deadlocks(&self) -> i64 {
        self.store.close().await;
        if !self.is_postgres() {
            return 0;
        }
        // A session reports its counts at its end at the latest.
        let sessions =
            "select count(*) from pg_stat_activity where datname = current_database() and application_name = 'duyet'";
        while self.number(sessions).await > 0 {
            tokio::task::yield_now().await;
        }
        self.number("select deadlocks from pg_stat_database where datname = current_database()").await
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
