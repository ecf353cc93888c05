use duyetd::domain::submission::Inserted;
use tokio::task::JoinSet;

use crate::support::{
    home::Home,
    sample::{at, other_site, request, site, submission},
};

contract! {
    async fn a_nonce_is_spent_once_by_a_comment_or_a_pass(home: &Home) {
        let one = submission(1);
        let mut tasks = JoinSet::new();
        for _ in 0..20 {
            let (store, nonce) = (home.store.clone(), one.nonce);
            tasks.spawn(async move { store.spend_nonce(&site(), nonce, Some(&request()), at(1)).await.unwrap() });
        }
        assert_eq!(tasks.join_all().await.into_iter().filter(|spent| *spent).count(), 1);
        assert_eq!(home.rows("requests").await, 1);
        assert_eq!(home.insert(&one).await.unwrap(), Inserted::ChallengeUsed);
        assert!(home.store.spend_nonce(&other_site(), one.nonce, None, at(1)).await.unwrap());
        let stored = submission(2);
        home.store_all(std::slice::from_ref(&stored)).await;
        assert!(!home.store.spend_nonce(&site(), stored.nonce, None, at(1)).await.unwrap());
    }

    async fn a_request_is_stored_with_its_response(home: &Home) {
        let row = request();
        assert!(home.store.spend_nonce(&site(), [1; 16], Some(&row), at(1)).await.unwrap());
        assert_eq!(home.store.find_request(&site(), row.id).await.unwrap(), Some(row.clone()));
        assert_eq!(home.store.find_request(&other_site(), row.id).await.unwrap(), None);
    }

    async fn only_old_requests_are_deleted(home: &Home) {
        let all = [submission(10), submission(20), submission(30)];
        home.store_all(&all).await;
        assert_eq!(home.store.forget(at(20)).await.unwrap(), 1);
        assert_eq!(home.store.find_request(&site(), all[0].request.id).await.unwrap(), None);
        assert!(home.store.find_request(&site(), all[1].request.id).await.unwrap().is_some());
        assert!(home.store.spend_nonce(&site(), all[0].nonce, None, at(40)).await.unwrap());
        assert!(!home.store.spend_nonce(&site(), all[1].nonce, None, at(40)).await.unwrap());
        assert_eq!(home.store.forget(at(20)).await.unwrap(), 0);
    }
}
