use duyetd::domain::{
    mode::Mode,
    spam::{Field, Finding, Rule},
    submission::{Inserted, Submission, SubmitQuestion},
};
use tokio::task::JoinSet;

use super::schema::{plan, statements};
use crate::support::{
    home::Home,
    sample::{
        article, article_change, article_named, at, id_at, other_site, published, reply_to, site, submission, text,
    },
};

/// The tables that a submit writes.
const TABLES: [&str; 4] = ["requests", "comments", "changes", "articles"];

pub(super) async fn counts(home: &Home) -> Vec<i64> {
    let mut counts = Vec::new();
    for table in TABLES {
        counts.push(home.rows(table).await);
    }
    counts
}

/// Inserts each submission in a task of its own, concurrently.
pub(super) async fn insert_in_parallel(home: &Home, submissions: Vec<Submission>) -> Vec<Inserted> {
    let mut tasks = JoinSet::new();
    for submission in submissions {
        let store = home.store.clone();
        tasks.spawn(async move { store.insert_submissions(&[submission]).await.unwrap().remove(0) });
    }
    tasks.join_all().await
}

pub(super) fn question(one: &Submission) -> SubmitQuestion {
    SubmitQuestion {
        site: one.site.clone(),
        request_id: one.request.id,
        article: one.comment.article.clone(),
        parent: None,
        device: one.sender.device,
        text: text(one),
        fingerprint: one.fingerprint,
        skeleton: one.skeleton,
        author: one.sender.author.clone(),
        subjects: vec![],
        now: at(0),
        same_text_since: at(0),
    }
}

contract! {
    async fn a_stored_comment_is_returned_unchanged(home: &Home) {
        let mut one = submission(1);
        one.findings = vec![Finding {
            rule: Rule::Link,
            weight: 0.1 + 0.2,
            field: Some(Field::Content),
            start: 0,
            end: 7,
            excerpt: "Đườ\"'\\ ng".into(),
            ..Finding::whole(Rule::Link, 0.0)
        }];
        one.spam_score = 0.1 + 0.2;
        one.comment.content = "a'; drop table comments; -- \\ \" ' 100% _ 🇻🇳\nhai".into();
        one.comment.created_at = at(1) + chrono::Duration::microseconds(123_457);
        assert_eq!(home.insert(&one).await.unwrap(), Inserted::Stored);
        assert_eq!(home.comment(one.comment.id).await, one.comment);
        let case = home.store.find_case(&site(), one.comment.id, at(0)).await.unwrap().unwrap();
        assert_eq!((case.findings, case.spam_score), (one.findings, one.spam_score));
        assert_eq!(counts(home).await, [1, 1, 1, 1]);
    }

    async fn fifty_concurrent_uses_of_one_challenge_store_one_comment(home: &Home) {
        let nonce = submission(0).nonce;
        let all = (0..50).map(|n| Submission { nonce, ..submission(n) }).collect();
        let answers = insert_in_parallel(home, all).await;
        assert_eq!(answers.iter().filter(|answer| **answer == Inserted::Stored).count(), 1);
        assert_eq!(answers.iter().filter(|answer| **answer == Inserted::ChallengeUsed).count(), 49);
        assert_eq!(counts(home).await, [1, 1, 1, 1]);
    }

    async fn twenty_concurrent_duplicates_of_one_request_store_one_comment(home: &Home) {
        let first = submission(0);
        let copy = |n| Submission { request: first.request.clone(), nonce: first.nonce, ..submission(n) };
        let answers = insert_in_parallel(home, (0..20).map(copy).collect()).await;
        assert_eq!(answers.iter().filter(|answer| **answer == Inserted::Stored).count(), 1);
        let known = Inserted::Known(first.request.clone());
        assert_eq!(answers.iter().filter(|answer| **answer == known).count(), 19);
        assert_eq!(counts(home).await, [1, 1, 1, 1]);
    }

    async fn a_resent_submission_is_replayed(home: &Home) {
        let one = submission(1);
        home.store_all(std::slice::from_ref(&one)).await;
        assert_eq!(home.insert(&one).await.unwrap(), Inserted::Known(one.request.clone()));
        let twice = [submission(2), one.clone(), one.clone()];
        let answers = home.store.insert_submissions(&twice).await.unwrap();
        let known = Inserted::Known(one.request);
        assert_eq!(answers, [Inserted::Stored, known.clone(), known]);
    }

    async fn duplicates_in_one_batch_behave_like_sequential_calls(home: &Home) {
        let first = submission(1);
        let copy = Submission { request: first.request.clone(), ..submission(2) };
        let same_nonce = Submission { nonce: first.nonce, ..submission(3) };
        let fresh = submission(4);
        let clone = first.clone();
        let batch = [first.clone(), copy, same_nonce, fresh, clone];
        let answers = home.store.insert_submissions(&batch).await.unwrap();
        let known = Inserted::Known(first.request);
        assert_eq!(answers, [Inserted::Stored, known.clone(), Inserted::ChallengeUsed, Inserted::Stored, known]);
        assert_eq!(counts(home).await, [2, 2, 2, 1]);
    }

    async fn a_request_that_failed_because_of_its_challenge_can_be_sent_again(home: &Home) {
        let first = submission(1);
        let loser = Submission { nonce: first.nonce, ..submission(2) };
        let retry = Submission { request: loser.request.clone(), ..submission(3) };
        let last = Submission { request: loser.request.clone(), ..submission(4) };
        let batch = [first, loser.clone(), retry, last];
        let answers = home.store.insert_submissions(&batch).await.unwrap();
        let known = Inserted::Known(loser.request);
        assert_eq!(answers, [Inserted::Stored, Inserted::ChallengeUsed, Inserted::Stored, known]);
        assert_eq!(counts(home).await, [2, 2, 2, 1]);
    }

    async fn a_failed_submission_leaves_no_row(home: &Home) {
        let first = published(1);
        home.store_all(std::slice::from_ref(&first)).await;
        let before = counts(home).await;
        let mut second = published(2);
        second.nonce = first.nonce;
        second.comment.article = article_named("bai-khac");
        assert_eq!(home.insert(&second).await.unwrap(), Inserted::ChallengeUsed);
        second.comment.article = article();
        second.article_title = "Tiêu đề khác".into();
        assert_eq!(home.insert(&second).await.unwrap(), Inserted::ChallengeUsed);
        assert_eq!(counts(home).await, before);
        let found = home.store.find_policies(&site(), &[article()]).await.unwrap().articles.remove(0);
        assert_eq!((found.public_count, found.title), (1, first.article_title));
        // The request id was not used up either.
        second.nonce = submission(0).nonce;
        assert_eq!(home.insert(&second).await.unwrap(), Inserted::Stored);
    }

    async fn a_batch_with_an_invalid_row_leaves_no_row(home: &Home) {
        let mut orphan = submission(2);
        orphan.comment.parent = Some(submission(3).comment.id);
        let result = home.store.insert_submissions(&[submission(1), orphan]).await;
        assert!(matches!(result, Err(duyetd::domain::Error::Internal(_))), "{result:?}");
        assert_eq!(counts(home).await, [0; 4]);
    }

    async fn a_concurrently_closed_article_denies_submits(home: &Home) {
        let first = submission(1);
        home.store_all(std::slice::from_ref(&first)).await;
        let mut change = article_change(2, 1);
        change.mode = Some(Some(Mode::Closed));
        let closed = home.store.update_article(&change).await.unwrap();
        let before = counts(home).await;
        let late = submission(3);
        let batch = [late.clone(), first.clone(), late.clone()];
        let answers = home.store.insert_submissions(&batch).await.unwrap();
        let closed = Inserted::ArticleClosed(closed);
        assert_eq!(answers, [closed.clone(), Inserted::Known(first.request), closed]);
        assert_eq!(counts(home).await, before);
    }

    async fn an_article_closes_at_its_time(home: &Home) {
        let mut change = article_change(1, 0);
        change.close_at = Some(Some(at(100)));
        home.store.update_article(&change).await.unwrap();
        assert_eq!(home.insert(&submission(99)).await.unwrap(), Inserted::Stored);
        assert!(matches!(home.insert(&submission(100)).await.unwrap(), Inserted::ArticleClosed(_)));
    }

    async fn a_closed_site_denies_submits_to_unknown_articles(home: &Home) {
        let mut one = submission(1);
        one.site_rules.mode = Mode::Closed;
        let answers = home.store.insert_submissions(&[one]).await.unwrap();
        assert!(matches!(&answers[0], Inserted::ArticleClosed(article) if article.mode.is_none()));
        assert_eq!(counts(home).await, [0; 4]);
    }

    async fn an_automatically_published_comment_is_counted_at_once(home: &Home) {
        let root = published(1);
        let replies = (2..6).map(|n| reply_to(root.comment.id, published(n)));
        let waiting = reply_to(root.comment.id, submission(7));
        let batch: Vec<_> = [root.clone()].into_iter().chain(replies).chain([waiting]).collect();
        home.store_all(&batch).await;
        assert_eq!(home.comment(root.comment.id).await.reply_count, 4);
        let found = home.store.find_policies(&site(), &[article()]).await.unwrap().articles.remove(0);
        assert_eq!((found.public_count, found.revision), (5, 1));
        home.recount().await;
    }

    async fn an_article_has_its_newest_title_and_url(home: &Home) {
        let first = submission(1);
        let mut renamed = submission(2);
        renamed.article_title = "Tên mới".into();
        let mut silent = submission(3);
        silent.article_title = String::new();
        silent.article_url = String::new();
        home.store_all(&[silent.clone()]).await;
        home.store_all(std::slice::from_ref(&first)).await;
        home.store_all(&[renamed, Submission { ..silent_like(&silent) }]).await;
        let found = home.store.find_policies(&site(), &[article()]).await.unwrap().articles.remove(0);
        assert_eq!((found.title.as_str(), found.url, found.revision), ("Tên mới", first.article_url, 1));
    }

    async fn two_sites_are_independent(home: &Home) {
        let mine = published(1);
        let mut theirs = mine.clone();
        theirs.site = other_site();
        // A submission on another site may have the same ids, nonce and request.
        home.store_all(&[mine.clone(), theirs.clone()]).await;
        assert_eq!(counts(home).await, [2; 4]);
        let mut foreign = reply_to(mine.comment.id, submission(2));
        foreign.site = other_site();
        foreign.comment.article = article_named("x");
        let alone = published(3);
        home.store_all(std::slice::from_ref(&alone)).await;
        assert!(home.store.find_comment(&other_site(), alone.comment.id).await.unwrap().is_none());
        assert!(home.store.find_case(&other_site(), alone.comment.id, at(0)).await.unwrap().is_none());
        assert!(home.store.find_request(&other_site(), alone.request.id).await.unwrap().is_none());
        foreign.comment.parent = Some(alone.comment.id);
        assert!(home.insert(&foreign).await.is_err());
        home.recount().await;
    }

    async fn the_context_of_a_submit_has_earlier_comments_of_its_reader(home: &Home) {
        let mut first = submission(10);
        let unknown = home.submit_context(&question(&first)).await.unwrap();
        assert_eq!((unknown.request, unknown.article, unknown.duplicate, unknown.same_text), (None, None, None, 0));
        home.store_all(std::slice::from_ref(&first)).await;
        let second = Submission { fingerprint: first.fingerprint, ..submission(20) };
        home.store_all(std::slice::from_ref(&second)).await;

        let mut asked = question(&first);
        asked.parent = Some(first.comment.id);
        let context = home.submit_context(&asked).await.unwrap();
        assert_eq!(context.request, Some(first.request.clone()));
        assert_eq!(context.article.unwrap().title, first.article_title);
        assert_eq!(context.parent, Some(first.comment.clone()));
        assert_eq!(context.duplicate, None, "a reply is not a duplicate of a root");
        assert_eq!(context.same_text, 2);

        asked.parent = None;
        assert_eq!(home.submit_context(&asked).await.unwrap().duplicate, Some(first.answer()));
        asked.now = at(10 + 601);
        asked.same_text_since = at(20);
        let context = home.submit_context(&asked).await.unwrap();
        assert_eq!((context.duplicate, context.same_text), (None, 1));

        asked.now = at(10 + 600);
        assert_eq!(home.submit_context(&asked).await.unwrap().duplicate, Some(first.answer()));
        asked.device = None;
        assert_eq!(home.submit_context(&asked).await.unwrap().duplicate, None);

        asked.device = first.sender.device;
        asked.parent = Some(first.comment.id);
        asked.article = article_named("bai-khac");
        let context = home.submit_context(&asked).await.unwrap();
        assert_eq!((context.parent, context.duplicate, context.article), (None, None, None));
        first.site = other_site();
        let abroad = SubmitQuestion { parent: Some(first.comment.id), ..question(&first) };
        let foreign = home.submit_context(&abroad).await.unwrap();
        assert_eq!((foreign.request, foreign.article, foreign.same_text), (None, None, 0));
        assert_eq!((foreign.parent, foreign.duplicate), (None, None));
    }

    async fn overlapping_batches_never_deadlock(home: &Home) {
        let roots: Vec<_> = (0..6).map(|n| {
            let mut root = published(n);
            root.comment.article = article_named(&format!("bai-{n}"));
            root
        }).collect();
        home.store_all(&roots).await;
        let mut tasks = JoinSet::new();
        for task in 0..8_i64 {
            let mut batch: Vec<_> = roots.iter().map(|root| {
                let mut reply = reply_to(root.comment.id, published(10 + task));
                reply.comment.article = root.comment.article.clone();
                reply.article_title = format!("Tên {task}");
                reply
            }).collect();
            let new = Submission { article_title: "Mới".into(), ..published(30 + task) };
            batch.push(Submission { comment: duyetd::domain::comment::Comment {
                id: duyetd::domain::id::CommentId(id_at(at(30 + task))), article: article_named("bai-moi"), ..new.comment.clone()
            }, ..new });
            if task % 2 == 0 {
                batch.reverse();
            }
            let store = home.store.clone();
            tasks.spawn(async move { store.insert_submissions(&batch).await.unwrap() });
        }
        let answers: Vec<_> = tasks.join_all().await.into_iter().flatten().collect();
        assert_eq!(answers, vec![Inserted::Stored; 56]);
        home.recount().await;
    }
}

/// Returns the same form without visible text, sent by another reader.
fn silent_like(silent: &Submission) -> Submission {
    Submission {
        article_title: String::new(),
        article_url: String::new(),
        ..submission(silent.comment.created_at.timestamp() - at(0).timestamp() + 1)
    }
}

/// PostgreSQL may create a plan while a table is empty, and then use it during the first load peak of a new site.
#[tokio::test]
async fn a_plan_for_empty_tables_reads_no_rows_of_other_readers() {
    assert_plans_read_no_rows_of_other_readers(&Home::postgres().await).await;
}

/// PostgreSQL collects statistics as soon as there is data. With a few hundred rows, all indexes seem equally good to
/// the planner.
#[tokio::test]
async fn a_plan_for_a_few_hundred_comments_reads_no_rows_of_other_readers() {
    let home = Home::postgres().await;
    home.store_all(&(0..99).map(submission).collect::<Vec<_>>()).await;
    assert!(!home.store.survey().await.unwrap(), "too early");
    for more in 2..8 {
        home.store_all(&(more * 50..more * 50 + 50).map(submission).collect::<Vec<_>>()).await;
        assert!(home.store.survey().await.unwrap());
        assert_plans_read_no_rows_of_other_readers(&home).await;
    }
}

async fn assert_plans_read_no_rows_of_other_readers(home: &Home) {
    home.store.submit_contexts(&[question(&submission(1))]).await.unwrap();
    let found = statements(home, "with banned as%").await;
    assert!(!found.is_empty());
    // This statement looks for duplicates a second time, after another submission was stored.
    for statement in statements(home, "select q.position, d.comment_id%").await {
        let plan = plan(home, &statement, None).await;
        assert!(plan.contains("comments_by_device") && !plan.contains("Seq Scan"), "{plan}");
    }
    for statement in found {
        let plan = plan(home, &statement, None).await;
        for needed in ["comments_by_device", "comments_by_skeleton", "comments_key"] {
            assert!(plan.contains(needed), "{plan}");
        }
        for other in ["comments_by_age", "comments_by_author", "Seq Scan"] {
            assert!(!plan.contains(other), "{other}: {plan}");
        }
    }
}
