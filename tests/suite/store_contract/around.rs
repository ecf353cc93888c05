//! The details of a case: related comments, reports and notes.

use duyetd::domain::{
    case::{CaseDetails, ReviewCase},
    comment::Comment,
    id::CommentId,
    lifecycle::Action,
    reason::Reason,
    report::ReportCount,
};

use crate::support::{
    home::Home,
    sample::{article_named, at, decision, id_at, other_site, published, reply_to, site, submission},
};

impl Home {
    async fn case(&self, id: CommentId) -> ReviewCase {
        self.store.find_case(&site(), id, at(0)).await.unwrap().unwrap()
    }

    async fn details(&self, id: CommentId) -> CaseDetails {
        *self.case(id).await.details.unwrap()
    }

    /// Inserts a report by reporter number `n`.
    async fn report_row(&self, id: CommentId, n: i64, reason: &str, note: &str) {
        let reporter = self.id(uuid::Uuid::from_u128(n.unsigned_abs().into()));
        let reporter = if self.is_postgres() { format!("uuid_send({reporter})") } else { reporter };
        let (id, time) = (self.id(id.0), self.time(at(n)));
        let sql = format!(
            "insert into reports (site_id, comment_id, reporter, reason, note, created_at)
            values ('{}', {id}, {reporter}, {reason}, '{note}', {time})",
            site()
        );
        self.execute(&sql).await.unwrap();
    }

    async fn note_row(&self, id: CommentId, n: i64) {
        let (id, note, time) = (self.id(id.0), self.id(id_at(at(n))), self.time(at(n)));
        let sql = format!(
            "insert into notes (site_id, note_id, comment_id, at, actor, text)
            values ('{}', {note}, {id}, {time}, 'lan', 'Số {n}')",
            site()
        );
        self.execute(&sql).await.unwrap();
    }
}

fn contents(comments: &[Comment]) -> Vec<&str> {
    comments.iter().map(|comment| comment.content.rsplit(' ').next().unwrap()).collect()
}

contract! {
    async fn a_case_shows_the_newest_comments_with_the_same_text_and_by_the_same_author(home: &Home) {
        let first = submission(1);
        let mut all = vec![first.clone()];
        for n in 2..=13 {
            let mut same = submission(n);
            same.fingerprint = first.fingerprint;
            same.sender.author = "ffffffffffffffff".into();
            same.comment.article = article_named(&format!("bai-{n}"));
            let own = submission(n + 20);
            all.extend([same, own]);
        }
        // Neither a comment of another site nor one of another author with another text is returned.
        let mut foreign = submission(50);
        (foreign.site, foreign.fingerprint) = (other_site(), first.fingerprint);
        let mut stranger = submission(51);
        stranger.sender.author = "eeeeeeeeeeeeeeee".into();
        all.push(stranger);
        home.store_all(&all).await;
        home.store_all(&[foreign]).await;
        let details = home.details(first.comment.id).await;
        assert_eq!(contents(&details.siblings), ["13", "12", "11", "10", "9", "8", "7", "6", "5", "4"]);
        assert_eq!(contents(&details.author_comments), ["33", "32", "31", "30", "29", "28", "27", "26", "25", "24"]);
        assert_eq!(details.same_text, 12);
        assert_eq!(details.siblings[0], home.comment(details.siblings[0].id).await);
        assert_eq!(home.case(first.comment.id).await.history.pending, 12);
        assert_eq!(details.answered, None);
        assert_eq!(home.details(all.last().unwrap().comment.id).await, CaseDetails::default());
    }

    async fn a_case_shows_the_comment_that_it_replies_to(home: &Home) {
        let root = published(1);
        let reply = reply_to(root.comment.id, published(2));
        let mut answer = reply_to(root.comment.id, submission(3));
        answer.comment.reply_to = Some(reply.comment.id);
        home.store_all(&[root.clone(), reply.clone(), answer.clone()]).await;
        assert_eq!(home.details(answer.comment.id).await.answered.map(|one| one.id), Some(reply.comment.id));
        assert_eq!(home.details(reply.comment.id).await.answered.map(|one| one.id), Some(root.comment.id));
    }

    async fn a_case_shows_reports_and_notes(home: &Home) {
        let (one, other) = (published(1), published(2));
        home.store_all(&[one.clone(), other.clone()]).await;
        let id = one.comment.id;
        for n in 1..=12 {
            home.report_row(id, n, "'INSULT'", &format!("lời {n}")).await;
        }
        for n in 13..=15 {
            home.report_row(id, n, "null", "").await;
        }
        home.report_row(id, 16, "'SPAM_AD'", "").await;
        home.report_row(other.comment.id, 17, "'HATE'", "khác").await;
        for n in 1..=101 {
            home.note_row(id, n).await;
        }
        home.note_row(other.comment.id, 200).await;
        home.decide_one(&decision(20, id, Action::Approve, 1)).await.unwrap();
        let details = home.details(id).await;
        let count = |reason, count| ReportCount { reason, count };
        let counts = [count(Some(Reason::Insult), 12), count(None, 3), count(Some(Reason::SpamAd), 1)];
        assert_eq!(details.report_counts, counts);
        let newest: Vec<_> = (3..=12).rev().map(|n| format!("lời {n}")).collect();
        assert_eq!(details.report_notes, newest);
        assert_eq!(details.notes.len(), 100);
        let (newest, oldest) = (&details.notes[0], &details.notes[99]);
        assert_eq!((newest.text.as_str(), newest.actor.as_str(), newest.at), ("Số 101", "lan", at(101)));
        assert_eq!(oldest.text, "Số 2");
        assert_eq!(details.decisions.len(), 1);
    }
}
