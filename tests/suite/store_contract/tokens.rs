use duyetd::domain::key::{KeyMark, TokenMac};
use tokio::task::JoinSet;

use crate::support::{
    home::Home,
    sample::{at, other_site, site, token},
};

contract! {
    async fn a_token_is_found_by_its_id_even_when_expired_or_revoked(home: &Home) {
        let mut lan = token("lan");
        lan.macs = vec![TokenMac { key: KeyMark(7), mac: [1; 32] }, TokenMac { key: KeyMark(i32::MAX), mac: [2; 32] }];
        lan.expires_at = Some(at(1_000));
        assert!(home.store.create_token(&lan).await.unwrap());
        assert_eq!(home.store.find_token(lan.id).await.unwrap(), Some(lan.clone()));
        assert!(home.store.revoke_token(lan.id, at(5)).await.unwrap());
        (lan.revoked_at, lan.secret_hash, lan.macs) = (Some(at(5)), [0; 32], vec![]);
        assert_eq!(home.store.find_token(lan.id).await.unwrap(), Some(lan.clone()));
        assert!(!home.store.revoke_token(lan.id, at(6)).await.unwrap());
        assert!(!home.store.revoke_token(token("x").id, at(6)).await.unwrap());
        assert_eq!(home.store.find_token(token("x").id).await.unwrap(), None);
    }

    async fn a_name_is_taken_while_its_token_is_live(home: &Home) {
        let mut first = token("lan");
        first.expires_at = Some(at(100));
        assert!(home.store.create_token(&first).await.unwrap());
        assert!(!home.store.create_token(&token("lan")).await.unwrap());
        let mut abroad = token("lan");
        abroad.site = other_site();
        assert!(home.store.create_token(&abroad).await.unwrap());
        // The name of an expired token can be used again.
        let mut second = token("lan");
        second.created_at = at(100);
        assert!(home.store.create_token(&second).await.unwrap());
        assert!(home.store.revoke_token(second.id, at(101)).await.unwrap());
        let mut third = token("lan");
        third.created_at = at(102);
        assert!(home.store.create_token(&third).await.unwrap());
    }

    async fn only_one_of_concurrent_tokens_with_one_name_is_stored(home: &Home) {
        let mut tasks = JoinSet::new();
        for _ in 0..10 {
            let store = home.store.clone();
            tasks.spawn(async move { store.create_token(&token("lan")).await.unwrap() });
        }
        assert_eq!(tasks.join_all().await.into_iter().filter(|made| *made).count(), 1);
    }

    async fn tokens_are_listed_by_site_and_name(home: &Home) {
        let mut foreign = token("an");
        foreign.site = other_site();
        for one in [&token("minh"), &token("Lan"), &token("đức"), &foreign] {
            assert!(home.store.create_token(one).await.unwrap());
        }
        let names = |tokens: Vec<_>| tokens.into_iter().map(|one: duyetd::domain::access::AccessToken| one.name).collect::<Vec<_>>();
        assert_eq!(names(home.store.list_tokens(None).await.unwrap()), ["Lan", "minh", "đức", "an"]);
        assert_eq!(names(home.store.list_tokens(Some(&site())).await.unwrap()), ["Lan", "minh", "đức"]);
    }
}
