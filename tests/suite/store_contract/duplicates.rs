//! Submissions that are stored as one comment.

use duyetd::domain::{
    lifecycle::Action,
    submission::{Inserted, Submission, SubmitAnswer, SubmitQuestion},
};

use super::submissions::{counts, insert_in_parallel, question};
use crate::support::{
    home::Home,
    sample::{article_named, at, decision, other_site, published, repeated, reply_to, submission},
};

contract! {
    async fn an_equal_text_is_a_duplicate_and_stores_nothing(home: &Home) {
        let first = submission(1);
        home.store_all(std::slice::from_ref(&first)).await;
        let before = counts(home).await;
        let again = repeated(2, &first);
        assert_eq!(home.insert(&again).await.unwrap(), Inserted::Duplicate(first.answer()));
        assert_eq!(counts(home).await, before, "neither its request id nor its challenge is spent");
        // A resend of the first submission is not a duplicate, and gets the first response.
        assert_eq!(home.insert(&first).await.unwrap(), Inserted::Known(first.request.clone()));
        let late = repeated(602, &first);
        assert_eq!(home.insert(&late).await.unwrap(), Inserted::Stored, "after ten minutes the text is a new comment");
    }

    async fn a_submission_with_any_difference_is_a_separate_comment(home: &Home) {
        let root = published(0);
        let other_root = Submission { fingerprint: root.fingerprint, ..published(1) };
        home.store_all(&[root.clone(), other_root.clone()]).await;
        let mut first = reply_to(root.comment.id, submission(2));
        first.comment.content = "Nhà này bán hay bàn?".into();
        home.store_all(std::slice::from_ref(&first)).await;
        let mut others: Vec<_> = (3..11).map(|n| repeated(n, &first)).collect();
        others[0].comment.content = "Nhà này bàn hay bàn?".into();
        others[1].comment.content = "nhà này bán hay bàn?".into();
        others[2].comment.title = "Khác".into();
        others[3].comment.author_name = "Nguyễn Thị Lân".into();
        others[4].comment.parent = None;
        others[4].comment.reply_to = None;
        others[5].comment.reply_to = Some(other_root.comment.id);
        others[6].sender.device = Some([2; 16]);
        others[7].sender.device = None;
        let without_device = Submission { sender: others[7].sender.clone(), ..repeated(11, &first) };
        others.push(without_device);
        let mut elsewhere = repeated(12, &first);
        (elsewhere.comment.parent, elsewhere.comment.reply_to) = (None, None);
        elsewhere.comment.article = article_named("bai-khac");
        others.push(elsewhere.clone());
        others.push(Submission { site: other_site(), ..repeated(13, &elsewhere) });
        // First all in one batch, then each again against the stored ones.
        home.store_all(&others).await;
        let answers = home.store.insert_submissions(&others).await.unwrap();
        assert!(answers.iter().all(|answer| matches!(answer, Inserted::Known(_))), "{answers:?}");
        assert_eq!(home.rows("comments").await, 14);
    }

    async fn a_rejected_or_removed_comment_has_no_duplicates(home: &Home) {
        let first = submission(1);
        home.store_all(std::slice::from_ref(&first)).await;
        let reject = decision(2, first.comment.id, Action::Reject, 1);
        home.store.decide(&reject).await.unwrap();
        let second = repeated(3, &first);
        assert_eq!(home.insert(&second).await.unwrap(), Inserted::Stored, "the text can be submitted again after a rejection");
        let approve = decision(4, second.comment.id, Action::Approve, 1);
        home.store.decide(&approve).await.unwrap();
        let answer = SubmitAnswer { comment: second.comment.id, published_at: Some(at(4)) };
        assert_eq!(home.insert(&repeated(5, &first)).await.unwrap(), Inserted::Duplicate(answer.clone()));
        let asked = SubmitQuestion { now: at(5), ..question(&first) };
        assert_eq!(home.submit_context(&asked).await.unwrap().duplicate, Some(answer));
        let take_down = decision(6, second.comment.id, Action::Reject, 2);
        home.store.decide(&take_down).await.unwrap();
        assert_eq!(home.insert(&repeated(7, &first)).await.unwrap(), Inserted::Stored, "the text can be submitted again after a removal");
    }

    async fn twenty_concurrent_requests_with_one_text_store_one_comment(home: &Home) {
        let first = submission(1);
        let all: Vec<_> = (1..21).map(|_| repeated(1, &first)).collect();
        let answers = insert_in_parallel(home, all.clone()).await;
        assert_eq!(answers.iter().filter(|answer| **answer == Inserted::Stored).count(), 1);
        let stored = all.iter().find(|one| answers.contains(&Inserted::Duplicate(one.answer()))).unwrap();
        let duplicate = Inserted::Duplicate(stored.answer());
        assert_eq!(answers.iter().filter(|answer| **answer == duplicate).count(), 19);
        assert_eq!(counts(home).await, [1, 1, 1, 1]);
    }

    async fn equal_texts_in_one_batch_are_one_comment(home: &Home) {
        let first = submission(1);
        let spent = submission(0);
        home.store_all(std::slice::from_ref(&spent)).await;
        // The first fails because its challenge is spent, so the second is stored.
        let loser = Submission { nonce: spent.nonce, ..first.clone() };
        let stored = repeated(2, &first);
        let batch = [loser, stored.clone(), repeated(3, &first), submission(4), stored.clone()];
        let answers = home.store.insert_submissions(&batch).await.unwrap();
        let duplicate = Inserted::Duplicate(stored.answer());
        let known = Inserted::Known(stored.request);
        assert_eq!(answers, [Inserted::ChallengeUsed, Inserted::Stored, duplicate, Inserted::Stored, known]);
        assert_eq!(counts(home).await, [3, 3, 3, 1]);
    }
}
