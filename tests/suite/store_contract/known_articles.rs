//! Submissions with a known article, which are stored without a look-up unless something conflicts.

use chrono::Duration;
use duyetd::domain::{
    article::Article,
    mode::Mode,
    site::SiteRules,
    submission::{Inserted, Submission},
};

use super::submissions::{counts, insert_in_parallel};
use crate::support::{
    home::Home,
    sample::{article, article_change, at, published, repeated, site, submission},
};

async fn article_of(home: &Home, first: &Submission) -> Article {
    home.store_all(std::slice::from_ref(first)).await;
    find(home).await
}

async fn find(home: &Home) -> Article {
    home.store.find_policies(&site(), &[article()]).await.unwrap().articles.remove(0)
}

fn knowing(known: &Article, one: Submission) -> Submission {
    Submission { known_article: Some(known.clone()), ..one }
}

contract! {
    async fn duplicates_get_the_same_results_as_with_a_look_up(home: &Home) {
        let first = submission(1);
        let known = article_of(home, &first).await;
        let fresh = submission(2);
        let batch = [
            fresh.clone(),
            Submission { request: first.request.clone(), ..submission(3) },
            Submission { nonce: first.nonce, ..submission(4) },
            repeated(5, &first),
            repeated(6, &fresh),
            Submission { nonce: fresh.nonce, ..submission(7) },
            submission(8),
        ];
        let batch = batch.map(|one| knowing(&known, one));
        let answers = home.store.insert_submissions(&batch).await.unwrap();
        let expected = [
            Inserted::Stored,
            Inserted::Known(first.request.clone()),
            Inserted::ChallengeUsed,
            Inserted::Duplicate(first.answer()),
            Inserted::Duplicate(fresh.answer()),
            Inserted::ChallengeUsed,
            Inserted::Stored,
        ];
        assert_eq!(answers, expected);
        assert_eq!(counts(home).await, [3, 3, 3, 1]);
        home.recount().await;
    }

    async fn an_article_closed_in_the_meantime_denies_submits(home: &Home) {
        let known = article_of(home, &submission(1)).await;
        let mut change = article_change(2, known.revision);
        change.mode = Some(Some(Mode::Closed));
        home.store.update_article(&change).await.unwrap();
        let answer = home.insert(&knowing(&known, submission(3))).await.unwrap();
        assert!(matches!(answer, Inserted::ArticleClosed(_)), "{answer:?}");
    }

    async fn a_submit_is_stored_after_a_compatible_change_of_its_article(home: &Home) {
        let known = article_of(home, &submission(1)).await;
        let mut change = article_change(2, known.revision);
        change.mode = Some(Some(Mode::Post));
        home.store.update_article(&change).await.unwrap();
        assert_eq!(home.insert(&knowing(&known, submission(3))).await.unwrap(), Inserted::Stored);
    }

    async fn a_publication_date_given_in_the_meantime_may_close_the_article(home: &Home) {
        let known = article_of(home, &submission(1)).await;
        let dated = Submission { article_published_at: Some(at(0) - Duration::days(9)), ..submission(2) };
        home.store_all(&[dated]).await;
        let rules = SiteRules { auto_close_days: 7, ..submission(3).site_rules };
        let late = Submission { site_rules: rules, ..submission(3) };
        let answer = home.insert(&knowing(&known, late)).await.unwrap();
        assert!(matches!(answer, Inserted::ArticleClosed(_)), "{answer:?}");
    }

    async fn a_new_title_and_public_comments_update_the_article(home: &Home) {
        let known = article_of(home, &submission(1)).await;
        let renamed = Submission { article_title: "Tên mới".into(), ..published(2) };
        home.store_all(&[published(3), renamed].map(|one| knowing(&known, one))).await;
        let found = find(home).await;
        assert_eq!((found.title.as_str(), found.public_count), ("Tên mới", 2));
        home.recount().await;
    }

    async fn concurrent_uses_of_one_challenge_store_one_comment(home: &Home) {
        let known = article_of(home, &submission(0)).await;
        let nonce = submission(1).nonce;
        let all = (1..31).map(|n| knowing(&known, Submission { nonce, ..submission(n) })).collect();
        let answers = insert_in_parallel(home, all).await;
        assert_eq!(answers.iter().filter(|answer| **answer == Inserted::Stored).count(), 1);
        assert_eq!(answers.iter().filter(|answer| **answer == Inserted::ChallengeUsed).count(), 29);
    }

    async fn concurrent_requests_with_one_text_store_one_comment(home: &Home) {
        let known = article_of(home, &submission(0)).await;
        let first = submission(1);
        let all: Vec<_> = (1..21).map(|_| knowing(&known, repeated(1, &first))).collect();
        let answers = insert_in_parallel(home, all).await;
        assert_eq!(answers.iter().filter(|answer| **answer == Inserted::Stored).count(), 1);
        let duplicates = answers.iter().filter(|answer| matches!(answer, Inserted::Duplicate(_)));
        assert_eq!(duplicates.count(), 19);
        assert_eq!(counts(home).await, [2, 2, 2, 1]);
    }
}
