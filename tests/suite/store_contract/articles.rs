use duyetd::domain::{Error, mode::Mode};
use tokio::task::JoinSet;

use crate::support::{
    home::Home,
    sample::{article, article_change, article_named, at, other_site, published, site, submission},
};

contract! {
    async fn a_policy_is_created_and_changed_at_the_expected_revision(home: &Home) {
        let mut change = article_change(1, 0);
        change.title = Some("Cầu mới".into());
        change.mode = Some(Some(Mode::Post));
        let made = home.store.update_article(&change).await.unwrap();
        assert_eq!((made.revision, made.mode, made.title.as_str()), (1, Some(Mode::Post), "Cầu mới"));
        let mut close = article_change(2, 1);
        close.close_at = Some(Some(at(500)));
        close.mode = Some(None);
        let closed = home.store.update_article(&close).await.unwrap();
        assert_eq!((closed.revision, closed.mode, closed.close_at), (2, None, Some(at(500))));
        assert_eq!(home.store.find_policies(&site(), &[article(), article_named("x")]).await.unwrap().articles, [closed]);
        let stale = home.store.update_article(&article_change(3, 1)).await;
        assert!(matches!(stale, Err(Error::StaleArticle { current: 2 })));
        assert_eq!((home.rows("audit").await, home.rows("changes").await), (2, 2));
        assert_eq!(home.store.find_policies(&other_site(), &[article()]).await.unwrap().articles, []);
    }

    async fn a_replayed_change_returns_the_first_result(home: &Home) {
        let first = article_change(1, 0);
        let made = home.store.update_article(&first).await.unwrap();
        home.store.update_article(&article_change(2, 1)).await.unwrap();
        assert_eq!(home.store.update_article(&first).await.unwrap(), made);
        let mut other = first;
        other.request.as_mut().unwrap().payload_hash = [8; 32];
        assert!(matches!(home.store.update_article(&other).await, Err(Error::RequestIdReused)));
        assert_eq!(home.rows("audit").await, 2);
    }

    async fn concurrent_duplicates_of_a_change_get_one_result(home: &Home) {
        let change = article_change(1, 0);
        let mut tasks = JoinSet::new();
        for _ in 0..10 {
            let (store, change) = (home.store.clone(), change.clone());
            tasks.spawn(async move { store.update_article(&change).await.unwrap() });
        }
        assert!(tasks.join_all().await.iter().all(|article| article.revision == 1));
        assert_eq!((home.rows("audit").await, home.rows("requests").await), (1, 1));
    }

    async fn only_one_of_two_concurrent_first_changes_wins(home: &Home) {
        let mut tasks = JoinSet::new();
        for n in 0..6 {
            let store = home.store.clone();
            tasks.spawn(async move { store.update_article(&article_change(n, 0)).await });
        }
        let results = tasks.join_all().await;
        assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
        let stale = |result: &&Result<_, _>| matches!(result, Err(Error::StaleArticle { current: 1 }));
        assert_eq!(results.iter().filter(stale).count(), 5);
    }

    async fn a_change_keeps_the_public_count(home: &Home) {
        home.store_all(&[published(1), submission(2)]).await;
        let changed = home.store.update_article(&article_change(3, 1)).await.unwrap();
        assert_eq!((changed.public_count, changed.revision), (1, 2));
        home.recount().await;
    }
}
