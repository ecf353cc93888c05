//! Trust over the wire: automatic publication and moderators' bulk decisions do not raise a reader's trust level.

#![cfg(test)] // so that helpers may unwrap, as tests may

use duyet_proto::v1::{self, Action, ChallengeKind, Mode, revert_request::Target};
use uuid::Uuid;

use crate::support::{
    home::Home,
    newsroom::{Database, Desk, Newsroom, Portal, decision, on_both_databases, reason, wide_quotas},
    readers::Reader,
};

on_both_databases! {
    automatically_published_comments_earn_no_trust,
    bulk_decisions_approve_pending_and_reverts_earn_no_trust,
    a_published_comment_that_a_moderator_confirms_earns_trust,
    no_sequence_of_calls_without_a_decision_earns_trust,
}

const ALL: [ChallengeKind; 2] = [ChallengeKind::AltchaPow, ChallengeKind::NoneNeeded];

async fn asked(portal: &mut Portal, reader: &Reader) -> ChallengeKind {
    let client = v1::ReaderContext { device_token: reader.device_token.clone(), ..Default::default() };
    portal.challenge_for(client, &ALL).await.kind()
}

/// Limits a prefix to six comments a day.
async fn newsroom(database: Database) -> Newsroom {
    let limits = duyetd::domain::rate_limit::Quotas { submits_per_prefix: "6/24h".parse().unwrap(), ..wide_quotas() };
    Newsroom::open_with(database, |config| config.limits = limits).await
}

fn bulk(ids: &[String]) -> v1::BulkDecideRequest {
    let item = |id: &String| v1::BulkItem { comment_id: id.clone(), expected_revision: 1 };
    v1::BulkDecideRequest {
        items: ids.iter().map(item).collect(),
        action: Action::Approve.into(),
        request_id: Uuid::new_v4().to_string(),
        ..Default::default()
    }
}

impl Desk {
    async fn approve_pending(&mut self, article: &str) {
        let request = v1::ApprovePendingRequest {
            article_id: article.into(),
            max_score: Some(1.0),
            request_id: Uuid::new_v4().to_string(),
            ..Default::default()
        };
        self.policy.approve_pending(request).await.unwrap();
    }

    async fn revert(&mut self) -> Result<(), tonic::Status> {
        let request = v1::RevertRequest { target: Some(Target::Last(true)), request_id: Uuid::new_v4().to_string() };
        self.moderation.revert(request).await.map(drop)
    }
}

async fn automatically_published_comments_earn_no_trust(database: Database) {
    for mode in [Mode::Post, Mode::Hybrid] {
        let newsroom = newsroom(database).await;
        let (mut portal, mut desk) = (newsroom.portal(), newsroom.desk());
        desk.set_mode("bai", mode, 0).await;
        let reader = Reader::new(&mut portal, "Lan", "203.0.113.7").await;
        for number in 0..6 {
            let said = reader.say(&mut portal, "bai", &format!("Lời hay thứ {number}")).await.unwrap();
            assert_eq!(said.outcome(), v1::Outcome::Published);
        }
        assert_eq!(asked(&mut portal, &reader).await, ChallengeKind::AltchaPow, "{mode:?}");
        let denied = reader.say(&mut portal, "bai", "Lời hay thứ bảy").await.unwrap_err();
        assert_eq!(reason(&denied), "RATE_LIMITED", "the comment is still charged to its prefix");
    }
}

async fn bulk_decisions_approve_pending_and_reverts_earn_no_trust(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let (mut portal, mut desk) = (newsroom.portal(), newsroom.desk());
    let reader = Reader::new(&mut portal, "Lan", "203.0.113.7").await;
    let mut ids = Vec::new();
    for number in 0..12 {
        ids.push(reader.comment(&mut portal, "bai", &format!("Lời hay thứ {number}")).await);
    }
    desk.moderation.bulk_decide(bulk(&ids[..6])).await.unwrap();
    assert_eq!(asked(&mut portal, &reader).await, ChallengeKind::AltchaPow, "a bulk decision earns no trust");
    desk.approve_pending("bai").await;
    assert_eq!(portal.list("bai").await.comments.len(), 12);
    assert_eq!(asked(&mut portal, &reader).await, ChallengeKind::AltchaPow, "approve pending");
    for id in &ids[..6] {
        desk.decide(v1::DecideRequest { expected_revision: 2, ..decision(id, Action::Reject) }).await.unwrap();
        desk.revert().await.unwrap();
    }
    assert_eq!(portal.list("bai").await.comments.len(), 12);
    assert_eq!(asked(&mut portal, &reader).await, ChallengeKind::AltchaPow, "reverts");
}

async fn a_published_comment_that_a_moderator_confirms_earns_trust(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let (mut portal, mut desk) = (newsroom.portal(), newsroom.desk());
    desk.set_mode("bai", Mode::Post, 0).await;
    let reader = Reader::new(&mut portal, "Lan", "203.0.113.7").await;
    for number in 0..5 {
        let id = reader.comment(&mut portal, "bai", &format!("Lời hay thứ {number}")).await;
        assert_eq!(asked(&mut portal, &reader).await, ChallengeKind::AltchaPow);
        assert!(desk.approve(&id).await.changed);
    }
    assert_eq!(asked(&mut portal, &reader).await, ChallengeKind::NoneNeeded);
}

/// Makes a pseudo-random sequence (from a linear congruential generator) of all calls except `Decide`.
async fn no_sequence_of_calls_without_a_decision_earns_trust(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let (mut portal, mut desk) = (newsroom.portal(), newsroom.desk());
    let reader = Reader::new(&mut portal, "Lan", "203.0.113.7").await;
    let home = Home::beside(&newsroom.config);
    let (mut seed, mut revision, mut ids) = (7_u64, 0, Vec::new());
    for step in 0..40 {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        match (seed >> 33) % 8 {
            0 => {
                let mode = [Mode::Pre, Mode::Post, Mode::Hybrid][usize::try_from(seed >> 40).unwrap() % 3];
                revision = desk.set_mode("bai", mode, revision).await.revision;
            }
            1 => drop(desk.moderation.bulk_decide(bulk(&ids)).await),
            2 if revision > 0 => desk.approve_pending("bai").await,
            3 => drop(desk.revert().await),
            4 if !ids.is_empty() => {
                let request = v1::ReportCommentRequest {
                    comment_id: ids[step % ids.len()].clone(),
                    client: Some(v1::ReaderContext { device_token: reader.device_token.clone(), ..Default::default() }),
                    request_id: Uuid::new_v4().to_string(),
                    ..Default::default()
                };
                drop(portal.comments.report_comment(request).await);
            }
            _ => {
                let said = reader.say(&mut portal, "bai", &format!("Ý kiến thứ {step}")).await.unwrap();
                revision = revision.max(1);
                ids.push(said.comment_id);
            }
        }
        assert_eq!(home.number("select count(*) from comments where judged_by = 'PERSON'").await, 0);
        assert_eq!(asked(&mut portal, &reader).await, ChallengeKind::AltchaPow, "step {step}");
    }
    assert!(portal.list("bai").await.comments.len() > 5, "the calls published comments");
    home.store.close().await;
}
