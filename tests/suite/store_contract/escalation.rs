//! Takedown demands and their deadlines.

use duyetd::domain::{
    Error,
    audit::AuditAction,
    comment::{Takedown, TakedownKind},
    lifecycle::{Action, Status},
    report::Escalation,
    revert::Target,
};
use tokio::task::JoinSet;

use super::revert::{Desk, demand, revert};
use crate::support::{
    home::Home,
    sample::{at, decision, id_at, other_site, published, site, submission},
};

contract! {
    async fn a_demand_flags_the_comment_and_sets_its_deadline(home: &Home) {
        let desk = Desk(home);
        let live = desk.stored(published(1)).await;
        desk.decides(2, live.id, Action::Approve).await;
        let (id, end) = (home.id(live.id.0), home.time(at(900)));
        home.execute(&format!("insert into claims values ('bao-hue', {id}, 'lan', {end})")).await.unwrap();
        let before = home.comment(live.id).await;
        let demand = demand(5, live.id, TakedownKind::Authority);
        let escalated = home.store.escalate(&demand).await.unwrap();
        assert_eq!((escalated.takedown, escalated.entry), (demand.takedown, demand.entry.id));
        let after = home.comment(live.id).await;
        assert_eq!((after.attention.flagged_at, after.attention.takedown), (Some(at(5)), Some(demand.takedown)));
        assert!(after.is_queued() && after.status.is_public());
        assert_eq!((after.revision, after.reviewed_at, after.published_at), (before.revision, before.reviewed_at, before.published_at));
        assert_eq!((home.rows("claims").await, home.rows("changes").await), (1, 3), "the feed has the decision and the demand; the claim stays");
        let entry = desk.story(live.id).await.pop().unwrap();
        assert_eq!((entry.action, entry.actor.as_str(), entry.note.as_str()), (AuditAction::Escalate, "minh", "Công văn 12"));
        assert_eq!((entry.from_status, entry.to_status), (Some(Status::Approved), Some(Status::Approved)));
        assert_eq!((entry.revision, entry.article), (1, Some(live.article)));
        assert_eq!(entry.request_id, demand.request.map(|request| request.id));
        home.recount().await;
    }

    async fn a_second_demand_changes_the_deadline_and_keeps_the_flag(home: &Home) {
        let desk = Desk(home);
        let waiting = desk.stored(submission(1)).await;
        home.store.escalate(&demand(5, waiting.id, TakedownKind::Complaint)).await.unwrap();
        let second = demand(9, waiting.id, TakedownKind::Authority);
        home.store.escalate(&second).await.unwrap();
        let attention = home.comment(waiting.id).await.attention;
        assert_eq!((attention.flagged_at, attention.takedown), (Some(at(5)), Some(second.takedown)));
    }

    async fn a_decision_ends_the_demand_and_a_requeue_does_not(home: &Home) {
        let desk = Desk(home);
        let live = desk.stored(published(1)).await;
        let demand = demand(2, live.id, TakedownKind::Authority);
        home.store.escalate(&demand).await.unwrap();
        desk.decides(3, live.id, Action::Requeue).await;
        assert_eq!(home.comment(live.id).await.attention.takedown, Some(demand.takedown));
        desk.decides(4, live.id, Action::Reject).await;
        assert_eq!(home.comment(live.id).await.attention.takedown, None);
    }

    async fn a_demand_is_no_decision(home: &Home) {
        let desk = Desk(home);
        let waiting = desk.stored(submission(1)).await;
        let approval = desk.decides(2, waiting.id, Action::Approve).await;
        let escalated = home.store.escalate(&demand(3, waiting.id, TakedownKind::Authority)).await.unwrap();
        let chief = duyetd::domain::revert::Revert { actor: "minh".into(), ..revert(4, Target::Entry(escalated.entry)) };
        desk.one(&chief).await.unwrap();
        let same = home.decide_one(&decision(5, waiting.id, Action::Approve, 1)).await.unwrap();
        assert!(!same.answer.changed);
        assert_eq!((same.answer.last_change.decision, same.answer.last_change.actor.as_str()), (Some(approval), "lan"));
        home.store.escalate(&demand(6, waiting.id, TakedownKind::Authority)).await.unwrap();
        let removal = home.decide_one(&decision(7, waiting.id, Action::Reject, 2)).await.unwrap();
        assert!(removal.answer.changed, "a decision at the revision before the demand is not stale");
    }

    async fn a_reverted_demand_restores_the_state_before(home: &Home) {
        let desk = Desk(home);
        let live = desk.stored(published(1)).await;
        desk.reported(live.id, 2, 2, None).await;
        let before = home.comment(live.id).await;
        let first = home.store.escalate(&demand(2, live.id, TakedownKind::Complaint)).await.unwrap();
        let between = home.comment(live.id).await;
        let second = home.store.escalate(&demand(3, live.id, TakedownKind::Authority)).await.unwrap();
        let minh = |n, entry| duyetd::domain::revert::Revert { actor: "minh".into(), ..revert(n, Target::Entry(entry)) };
        assert!(desk.one(&minh(4, first.entry)).await.is_err(), "the second demand is later");
        desk.one(&minh(5, second.entry)).await.unwrap();
        assert_eq!(home.comment(live.id).await, between);
        let again = home.store.escalate(&demand(6, live.id, TakedownKind::Authority)).await.unwrap();
        desk.one(&minh(7, again.entry)).await.unwrap();
        assert_eq!(home.comment(live.id).await, between);
        assert_eq!(before.attention.open_reports, between.attention.open_reports);
    }

    async fn a_demand_reverted_at_once_leaves_no_trace_on_the_comment(home: &Home) {
        let desk = Desk(home);
        let live = desk.stored(published(1)).await;
        desk.reported(live.id, 2, 2, None).await;
        let before = home.comment(live.id).await;
        let demanded = home.store.escalate(&demand(2, live.id, TakedownKind::Complaint)).await.unwrap();
        let minh = duyetd::domain::revert::Revert { actor: "minh".into(), ..revert(3, Target::Last) };
        desk.one(&minh).await.unwrap();
        assert_eq!(home.comment(live.id).await, before);
        assert_eq!(desk.story(live.id).await[1].reverts, Some(demanded.entry));
    }

    async fn only_a_comment_with_text_can_have_a_demand(home: &Home) {
        let desk = Desk(home);
        let waiting = desk.stored(submission(1)).await;
        let unknown = demand(2, duyetd::domain::id::CommentId(id_at(at(2))), TakedownKind::Authority);
        assert!(matches!(home.store.escalate(&unknown).await, Err(Error::CommentNotFound(id)) if id == unknown.comment));
        let foreign = Escalation { site: other_site(), ..demand(2, waiting.id, TakedownKind::Authority) };
        assert!(matches!(home.store.escalate(&foreign).await, Err(Error::CommentNotFound(_))));
        home.execute("update comments set status = 'ERASED'").await.unwrap();
        let erased = demand(3, waiting.id, TakedownKind::Authority);
        assert!(matches!(home.store.escalate(&erased).await, Err(Error::NotRevertible)));
        assert_eq!((home.rows("audit").await, home.comment(waiting.id).await.attention.takedown), (0, None));
    }

    async fn a_resent_demand_returns_the_first_deadline(home: &Home) {
        let desk = Desk(home);
        let waiting = desk.stored(submission(1)).await;
        let first = demand(2, waiting.id, TakedownKind::Authority);
        let escalated = home.store.escalate(&first).await.unwrap();
        let resent = Escalation { request: first.request.clone(), ..demand(60, waiting.id, TakedownKind::Authority) };
        assert_eq!(home.store.escalate(&resent).await.unwrap(), escalated);
        let attention = home.comment(waiting.id).await.attention;
        assert_eq!((attention.takedown, home.rows("audit").await), (Some(first.takedown), 1));
        let mut other = resent;
        other.request.as_mut().unwrap().payload_hash = [8; 32];
        assert!(matches!(home.store.escalate(&other).await, Err(Error::RequestIdReused)));
    }

    async fn concurrent_duplicates_of_a_demand_get_one_result(home: &Home) {
        let desk = Desk(home);
        let waiting = desk.stored(submission(1)).await;
        let first = demand(2, waiting.id, TakedownKind::Complaint);
        let mut tasks = JoinSet::new();
        for n in 0..12 {
            let copy = Escalation { request: first.request.clone(), ..demand(3 + n, waiting.id, TakedownKind::Complaint) };
            let store = home.store.clone();
            tasks.spawn(async move { store.escalate(&copy).await.unwrap() });
        }
        let answers = tasks.join_all().await;
        assert!(answers.iter().all(|answer| *answer == answers[0]));
        assert_eq!(home.rows("audit").await, 1);
        let case = home.store.find_case(&site(), waiting.id, at(0)).await.unwrap().unwrap();
        let Takedown { due_at, .. } = case.comment.attention.takedown.unwrap();
        assert_eq!(due_at, answers[0].takedown.due_at);
    }
}
