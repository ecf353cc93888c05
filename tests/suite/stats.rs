//! Statistics for a newsroom.

use duyet_proto::v1::{self, Action, CommentStatus};
use tonic::Code;
use uuid::Uuid;

use crate::support::newsroom::{Database, Desk, Newsroom, decision, fields, on_both_databases};

on_both_databases! {
    stats_count_submits_pending_comments_and_decisions_by_moderator,
    a_decision_counts_as_overturned_only_when_another_moderator_reverts_it,
    stats_cover_a_day_by_default_and_a_quarter_at_most,
}

impl Desk {
    async fn stats(&mut self, since: Option<prost_types::Timestamp>) -> Result<v1::GetStatsResponse, tonic::Status> {
        self.moderation.get_stats(v1::GetStatsRequest { since }).await.map(tonic::Response::into_inner)
    }
}

fn of<'a>(stats: &'a v1::GetStatsResponse, moderator: &str) -> &'a v1::ModeratorStats {
    stats.moderators.iter().find(|one| one.moderator == moderator).unwrap()
}

async fn stats_count_submits_pending_comments_and_decisions_by_moderator(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let (mut portal, mut desk) = (newsroom.portal(), newsroom.desk());
    let mut admin = newsroom.desk_with(&newsroom.token("admin"));
    let empty = desk.stats(None).await.unwrap();
    assert_eq!((empty.waiting, empty.waiting_age_p50, empty.waiting_age_p95), (0, None, None));
    assert!(empty.submitted.is_empty() && empty.moderators.is_empty());

    let mut ids = Vec::new();
    for number in 0..6 {
        ids.push(portal.say("bai", &format!("Ý kiến số {number}")).await.comment_id);
    }
    for id in &ids[..4] {
        desk.approve(id).await;
    }
    let overruled = v1::DecideRequest { expected_revision: 2, ..decision(&ids[0], Action::Reject) };
    admin.decide(overruled).await.unwrap();
    // A decision without a change is not counted.
    let again = decision(&ids[1], Action::Approve);
    assert!(!admin.decide(again).await.unwrap().changed);

    let stats = desk.stats(None).await.unwrap();
    let submitted: Vec<_> = stats.submitted.iter().map(|one| (one.status(), one.count)).collect();
    let expected = [(CommentStatus::Pending, 2), (CommentStatus::Approved, 3), (CommentStatus::Removed, 1)];
    assert_eq!(submitted, expected);
    let (half, most) = (stats.waiting_age_p50.unwrap(), stats.waiting_age_p95.unwrap());
    assert_eq!(stats.waiting, 2);
    assert!((half.seconds, half.nanos) > (0, 0) && (half.seconds, half.nanos) <= (most.seconds, most.nanos));
    assert_eq!((stats.takedowns, stats.overdue), (0, 0));

    assert_eq!(stats.moderators[0].moderator, "moderator", "the moderator with the most decisions is first");
    let moderator = of(&stats, "moderator");
    assert_eq!((moderator.decisions, moderator.overturned), (4, 1));
    assert!((moderator.overturn_rate - 0.25).abs() < 1e-9);
    // The test may run across a full hour.
    assert!([4.0, 2.0].iter().any(|rate| (moderator.decisions_per_hour - rate).abs() < 1e-9), "{moderator:?}");
    let admin = of(&stats, "admin");
    assert_eq!((admin.decisions, admin.overturned), (1, 0));
    assert!(admin.overturn_rate.abs() < 1e-9 && (admin.decisions_per_hour - 1.0).abs() < 1e-9);

    let mut neighbour = newsroom.desk_with(&newsroom.new_token("MODERATOR", "bao-vinh").await);
    let theirs = neighbour.stats(None).await.unwrap();
    assert_eq!((theirs.waiting, theirs.submitted.len(), theirs.moderators.len()), (0, 0, 0));
}

async fn a_decision_counts_as_overturned_only_when_another_moderator_reverts_it(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let (mut portal, desk) = (newsroom.portal(), newsroom.desk());
    let admin = newsroom.desk_with(&newsroom.token("admin"));
    for (number, mut who) in [desk.clone(), admin, desk.clone()].into_iter().enumerate() {
        let id = portal.say("bai", &format!("Ý kiến số {number}")).await.comment_id;
        let decided = desk.clone().approve(&id).await.decision_id;
        // The last decision is not reverted.
        if number < 2 {
            let target = Some(v1::revert_request::Target::DecisionId(decided));
            let request = v1::RevertRequest { target, request_id: Uuid::new_v4().to_string() };
            who.moderation.revert(request).await.unwrap();
        }
    }
    let stats = newsroom.desk().stats(None).await.unwrap();
    let moderator = of(&stats, "moderator");
    assert_eq!((stats.moderators.len(), moderator.decisions, moderator.overturned), (1, 3, 1));
}

#[expect(clippy::disallowed_methods, reason = "the servers read the same clock")]
fn clock() -> chrono::DateTime<chrono::Utc> {
    chrono::Utc::now()
}

async fn stats_cover_a_day_by_default_and_a_quarter_at_most(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let mut desk = newsroom.desk();
    let now = clock().timestamp();
    let begun = desk.stats(None).await.unwrap().since.unwrap();
    // The test may run across a full hour.
    assert!(
        (begun.seconds % 3_600, begun.nanos) == (0, 0) && (24 * 3_600..26 * 3_600).contains(&(now - begun.seconds))
    );
    let ago = |seconds: i64| Some(prost_types::Timestamp { seconds: now - seconds, nanos: 0 });
    let since = desk.stats(ago(3_600)).await.unwrap().since.unwrap();
    assert_eq!(since.seconds, (now - 3_600) / 3_600 * 3_600);
    desk.stats(ago(92 * 86_400)).await.expect("a quarter is accepted even if the call takes a while");
    for wrong in [ago(-3_600), ago(93 * 86_400), Some(prost_types::Timestamp { seconds: i64::MAX, nanos: 0 })] {
        let status = desk.stats(wrong).await.unwrap_err();
        assert_eq!((status.code(), fields(&status)), (Code::InvalidArgument, vec!["since".to_owned()]));
    }
    let portal = newsroom.desk_with(&newsroom.token("portal")).stats(None).await;
    assert_eq!(portal.unwrap_err().code(), Code::PermissionDenied);
}
