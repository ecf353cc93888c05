//! Equal texts of one device are one comment; texts that only look similar are separate comments.

use std::collections::HashSet;

use duyet_proto::v1::{self, Outcome};

use crate::support::newsroom::{Database, Newsroom, Portal, decision, on_both_databases};

on_both_databases! {
    equal_texts_from_one_device_are_one_comment,
    similar_texts_are_separate_comments,
    concurrent_equal_texts_are_one_comment,
}

/// Fills in a form of the same reader with a challenge and a request id of its own.
async fn said_by(portal: &mut Portal, client: Option<&v1::ReaderContext>, content: &str) -> v1::SubmitCommentRequest {
    v1::SubmitCommentRequest { client: client.cloned(), ..portal.form("bai", content).await }
}

async fn equal_texts_from_one_device_are_one_comment(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let mut portal = newsroom.portal();
    let form = portal.form("bai", "Ủng hộ chủ trương này").await;
    let device = form.client.clone();
    let first = portal.comments.submit_comment(form).await.unwrap().into_inner();
    // Texts are normalised before they are compared.
    let again = said_by(&mut portal, device.as_ref(), " Ủng hộ chu\u{309} trương này \n").await;
    let second = portal.comments.submit_comment(again.clone()).await.unwrap().into_inner();
    assert!(second.replayed && second.comment_id == first.comment_id && second.receipt == first.receipt);
    let resent = portal.comments.submit_comment(again.clone()).await.unwrap().into_inner();
    assert_eq!(resent.comment_id, first.comment_id, "a resend of the duplicate gets the same response");
    let neighbour = portal.say("bai", "Ủng hộ chủ trương này").await;
    assert_ne!(neighbour.comment_id, first.comment_id, "a reader never gets another reader's receipt");

    let mut desk = newsroom.desk();
    desk.approve(&first.comment_id).await;
    let third = said_by(&mut portal, device.as_ref(), "Ủng hộ chủ trương này").await;
    let third = portal.comments.submit_comment(third).await.unwrap().into_inner();
    assert!(
        third.comment_id == first.comment_id && third.outcome() == Outcome::Published && third.published_at.is_some()
    );

    // A text that was taken down may be submitted again, and is pending.
    let take_down = v1::DecideRequest { expected_revision: 2, ..decision(&first.comment_id, v1::Action::Reject) };
    desk.decide(take_down).await.unwrap();
    let fourth = said_by(&mut portal, device.as_ref(), "Ủng hộ chủ trương này").await;
    let fourth = portal.comments.submit_comment(fourth).await.unwrap().into_inner();
    assert!(fourth.comment_id != first.comment_id && fourth.outcome() == Outcome::Pending && !fourth.replayed);
}

async fn similar_texts_are_separate_comments(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let (mut portal, mut desk) = (newsroom.portal(), newsroom.desk());
    let roots = [portal.say("bai", "Một").await.comment_id, portal.say("bai", "Hai").await.comment_id];
    for root in &roots {
        desk.approve(root).await;
    }
    let form = portal.form("bai", "Nhà này bán rồi").await;
    let client = form.client.clone();
    let mut ids = HashSet::from([portal.comments.submit_comment(form).await.unwrap().into_inner().comment_id]);
    for number in 0..7 {
        let mut form = said_by(&mut portal, client.as_ref(), "Nhà này bán rồi").await;
        match number {
            0 => form.content = "Nhà này bàn rồi".into(),
            1 => form.content = "nhà này bán rồi".into(),
            2 => form.author_name = "Chị Hoa".into(),
            3 => form.author_name = "Chị Hòa".into(),
            4 => form.title = "Nhà".into(),
            5 => form.parent_id.clone_from(&roots[0]),
            _ => form.parent_id.clone_from(&roots[1]),
        }
        let answer = portal.comments.submit_comment(form).await.unwrap().into_inner();
        assert!(!answer.replayed && ids.insert(answer.comment_id), "{number}");
    }
    assert_eq!(desk.queue().await.total, 8);
}

async fn concurrent_equal_texts_are_one_comment(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let mut portal = newsroom.portal();
    let first = portal.form("bai", "Bấm hai lần").await;
    let mut forms = vec![first.clone()];
    for _ in 0..9 {
        forms.push(said_by(&mut portal, first.client.as_ref(), "Bấm hai lần").await);
    }
    let calls = forms.into_iter().map(|form| {
        let mut portal = portal.clone();
        tokio::spawn(async move { portal.comments.submit_comment(form).await.unwrap().into_inner() })
    });
    let (mut ids, mut fresh) = (HashSet::new(), 0);
    for call in calls.collect::<Vec<_>>() {
        let answer = call.await.unwrap();
        fresh += usize::from(!answer.replayed);
        ids.insert(answer.comment_id);
    }
    assert_eq!((ids.len(), fresh, newsroom.desk().queue().await.total), (1, 1, 1));
}
