//! Background work: rejecting comments that were not reviewed in time, and recounting. One replica does it for all.

use std::{
    collections::BTreeSet,
    sync::Arc,
    time::{Duration, Instant},
};

use chrono::{DateTime, Duration as Days, Utc};
use duyet_proto::v1::{self, CommentStatus};
use duyetd::{
    domain::{
        actor::SYSTEM,
        audit::{AuditAction, AuditEntry, AuditFilter},
        id::SiteId,
        lifecycle::{Action, Status},
        reason::Reason,
        stats::Job,
        submission::Submission,
    },
    service::Services,
};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::support::{
    home::Home,
    newsroom::{Database, Newsroom, on_both_databases},
    office::{metric_value, services},
    sample::{at, decision, published, submission},
};

on_both_databases! {
    only_comments_not_reviewed_for_30_days_are_rejected,
    only_one_of_eight_replicas_does_a_job,
    a_job_of_a_dead_replica_is_taken_over_when_its_lease_expires,
    the_replica_with_the_last_recount_has_the_drift_gauge,
    the_nightly_recount_repairs_wrong_statistics,
    the_queue_gauges_show_takedowns,
    a_server_expires_and_recounts_in_the_background,
}

/// Number of jobs that are due on a site that has had no run yet.
const ALL: u64 = Job::PERIODIC.len() as u64;

async fn home(database: Database) -> Home {
    match database {
        Database::Sqlite => Home::sqlite().await,
        Database::Postgres => Home::postgres().await,
    }
}

/// Returns a site that no other test uses, so that its metrics belong to this test.
fn own_site() -> SiteId {
    SiteId::parse(&format!("bao-{}", Uuid::new_v4().simple())).unwrap()
}

fn of(site: &SiteId, submission: Submission) -> Submission {
    Submission { site: site.clone(), ..submission }
}

fn after_days(days: i64) -> DateTime<Utc> {
    at(0) + Days::days(days)
}

async fn run(services: &Services, now: DateTime<Utc>) -> u64 {
    services.maintenance.run_jobs(&move || now).await.unwrap()
}

async fn expired(home: &Home, site: &SiteId) -> Vec<AuditEntry> {
    let filter = AuditFilter { action: Some(AuditAction::Expire), ..AuditFilter::default() };
    home.store.list_audit(site, &filter, 10_000, None).await.unwrap().items
}

async fn only_comments_not_reviewed_for_30_days_are_rejected(database: Database) {
    let (home, site) = (home(database).await, own_site());
    let office = services(&home.store);
    let old: Vec<_> = (1..=620).map(|n| of(&site, submission(n))).collect();
    home.store_all(&old).await;
    let public = of(&site, published(700));
    let mut young = of(&site, submission(800));
    young.comment.created_at = after_days(10);
    home.store_all(&[public.clone(), young.clone()]).await;
    // One comment is approved, and is sent back to the queue on the twentieth day.
    for (day, action, revision) in [(3, Action::Approve, 1), (20, Action::Requeue, 2)] {
        let mut step = decision(0, old[0].comment.id, action, revision);
        (step.site, step.at) = (site.clone(), after_days(day));
        home.decide_one(&step).await.unwrap();
    }
    let takedown = "update comments set due_at = created_at, takedown_kind = 'AUTHORITY' where content like '% 2'";
    home.execute(takedown).await.unwrap();

    assert_eq!(run(&office, after_days(29)).await, ALL);
    assert_eq!(expired(&home, &site).await, []);
    assert_eq!(run(&office, after_days(31)).await, ALL);
    let entries = expired(&home, &site).await;
    assert_eq!(
        entries.len(),
        618,
        "all comments are rejected, except the requeued one and the one with a takedown demand"
    );
    for entry in &entries {
        assert_eq!((entry.actor.as_str(), entry.reason, entry.at), (SYSTEM, Some(Reason::Expired), after_days(31)));
        assert_eq!((entry.from_status, entry.to_status), (Some(Status::Pending), Some(Status::Rejected)));
    }
    let batches: BTreeSet<_> = entries.iter().map(|entry| entry.batch.unwrap()).collect();
    assert_eq!(batches.len(), 2, "each batch has at most 500 comments");
    for kept in [&old[0], &old[1], &young] {
        let comment = home.store.find_comment(&site, kept.comment.id).await.unwrap().unwrap();
        assert_eq!(comment.status, Status::Pending, "{}", comment.content);
    }
    let visible = home.store.find_comment(&site, public.comment.id).await.unwrap().unwrap();
    assert_eq!((visible.status, visible.revision), (Status::Approved, 1));
    home.recount().await;
    assert_eq!(metric_value(&format!("duyet_expired_total{{site=\"{site}\"}}")).as_deref(), Some("618"));

    assert_eq!(run(&office, after_days(49)).await, ALL);
    assert_eq!(
        expired(&home, &site).await.len(),
        619,
        "the younger comment is rejected now, and the requeued one later"
    );
    let thirty_later = after_days(50) + Days::microseconds(1);
    assert_eq!(run(&office, thirty_later).await, ALL);
    assert_eq!(
        expired(&home, &site).await.len(),
        620,
        "the requeued comment is rejected thirty days after its requeue"
    );
}

async fn only_one_of_eight_replicas_does_a_job(database: Database) {
    let (home, site) = (home(database).await, own_site());
    let old: Vec<_> = (1..=40).map(|n| of(&site, submission(n))).collect();
    home.store_all(&old).await;
    let offices: Vec<_> = (0..8).map(|_| Arc::new(services(&home.store))).collect();
    for (round, now) in [after_days(31), after_days(33)].into_iter().enumerate() {
        let mut tasks = JoinSet::new();
        for office in &offices {
            let office = Arc::clone(office);
            tasks.spawn(async move { run(&office, now).await });
        }
        let runs = tasks.join_all().await;
        assert_eq!(runs.iter().sum::<u64>(), ALL, "round {round}: {runs:?}");
    }
    let entries = expired(&home, &site).await;
    let batches: BTreeSet<_> = entries.iter().map(|entry| entry.batch).collect();
    assert_eq!((entries.len(), batches.len()), (40, 1));
    assert_eq!(run(&offices[0], after_days(33) + Days::minutes(59)).await, 0, "no job is due yet");
    assert_eq!(run(&offices[0], after_days(33) + Days::minutes(60)).await, 2, "the hourly jobs are due");
}

async fn a_job_of_a_dead_replica_is_taken_over_when_its_lease_expires(database: Database) {
    let (home, site) = (home(database).await, own_site());
    home.store_all(&[of(&site, submission(1))]).await;
    let now = after_days(31);
    let dead = Uuid::new_v4();
    for job in Job::ALL {
        assert!(home.store.begin_job(&site, *job, dead, now, now + Days::minutes(15)).await.unwrap());
    }
    let office = services(&home.store);
    assert_eq!(run(&office, now + Days::minutes(14)).await, 0);
    assert_eq!(run(&office, now + Days::minutes(15)).await, ALL);
    assert_eq!(expired(&home, &site).await.len(), 1);
}

async fn the_replica_with_the_last_recount_has_the_drift_gauge(database: Database) {
    let (home, site) = (home(database).await, own_site());
    let gauge = |counter| metric_value(&format!("duyet_count_drift{{site=\"{site}\",counter=\"{counter}\"}}"));
    let shown = || (gauge("comments").unwrap(), gauge("replies").unwrap());
    home.store_all(&[of(&site, published(1)), of(&site, submission(2))]).await;
    let office = services(&home.store);
    run(&office, after_days(1)).await;
    assert_eq!(shown(), ("0".into(), "0".into()));
    home.execute("update articles set public_count = 4; update comments set reply_count = 2").await.unwrap();
    run(&office, after_days(2)).await;
    assert_eq!(shown(), ("3".into(), "4".into()));
    assert_eq!(home.number("select max(public_count) from articles").await, 4, "public counts are not repaired");
    run(&office, after_days(2) + Days::hours(1)).await;
    assert_eq!(shown(), ("3".into(), "4".into()), "the gauge remains until the next recount");
    // The next recount is done by another replica.
    let (other, now) = (Uuid::new_v4(), after_days(3));
    assert!(home.store.begin_job(&site, Job::Recount, other, now, Job::Recount.next_after(now)).await.unwrap());
    run(&office, now + Days::minutes(5)).await;
    assert_eq!(shown(), ("0".into(), "0".into()));
}

async fn the_nightly_recount_repairs_wrong_statistics(database: Database) {
    let (home, site) = (home(database).await, own_site());
    let office = services(&home.store);
    home.store_all(&[of(&site, published(1)), of(&site, submission(2))]).await;
    office.maintenance.fold_stats().await.unwrap();
    home.execute("update comments set status = 'SPAM' where status = 'PENDING'").await.unwrap();
    let waiting = async || home.store.stats(&site, at(0), at(100)).await.unwrap().waiting;
    assert_eq!(waiting().await, 1);
    run(&office, after_days(1)).await;
    assert_eq!(waiting().await, 0);
}

async fn the_queue_gauges_show_takedowns(database: Database) {
    let (home, site) = (home(database).await, own_site());
    let office = services(&home.store);
    let shown = || {
        ["queue_pending", "takedowns_open", "takedown_due_seconds"]
            .map(|name| metric_value(&format!("duyet_{name}{{site=\"{site}\"}}")).unwrap_or_default())
    };
    home.store_all(&[of(&site, submission(1)), of(&site, published(100))]).await;
    office.maintenance.measure_queue(at(50)).await.unwrap();
    assert_eq!(shown(), ["1", "0", "NaN"], "NaN is neither above nor below an alert's threshold");
    home.execute(
        "update comments set flagged_at = created_at, due_at = created_at, takedown_kind = 'AUTHORITY'
        where status = 'APPROVED'",
    )
    .await
    .unwrap();
    office.maintenance.measure_queue(at(50)).await.unwrap();
    assert_eq!(shown(), ["2", "1", "50"]);
    office.maintenance.measure_queue(at(130)).await.unwrap();
    assert_eq!(shown(), ["2", "1", "-30"], "overdue");
    home.execute(
        "update comments set status = 'REJECTED', published_at = null, flagged_at = null, due_at = null,
        takedown_kind = null",
    )
    .await
    .unwrap();
    office.maintenance.measure_queue(at(140)).await.unwrap();
    assert_eq!(shown(), ["0", "0", "NaN"]);
}

/// Repeats `ask` until it returns a value; fails after a minute.
async fn until<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = ask().await {
            return found;
        }
        assert!(start.elapsed() < Duration::from_secs(60), "waited too long until {what}");
        tokio::task::yield_now().await;
    }
}

async fn a_server_expires_and_recounts_in_the_background(database: Database) {
    let newsroom = Newsroom::open_with(database, |config| config.expire_pending_days = 3).await;
    let site = own_site();
    let (portal, admin) = (newsroom.new_token("PORTAL", site.as_str()).await, site.as_str());
    let desk = newsroom.new_token("MODERATOR", admin).await;
    let mut portal = newsroom.portal_with(&portal);
    let forgotten = portal.say("bai", "Không ai đọc").await.comment_id;
    let public = portal.say("bai", "Có người đọc").await.comment_id;
    newsroom.desk_with(&desk).approve(&public).await;
    let back = match database {
        Database::Sqlite => "created_at - 4 * 86400000000",
        Database::Postgres => "created_at - interval '4 days'",
    };
    newsroom.execute(&format!("update comments set created_at = {back} where status = 'PENDING'")).await;
    newsroom.execute("update articles set public_count = public_count + 6").await;
    // The jobs of a new site are due at once.
    let newsroom = newsroom.restarted().await;
    let mut desk = newsroom.desk_with(&desk);
    let case = until("the comment has expired", async || {
        let case = desk.case(&forgotten).await;
        (case.comment.as_ref()?.status() == CommentStatus::Rejected).then_some(case)
    })
    .await;
    let entry = &case.decisions[0];
    assert_eq!((entry.action.as_str(), entry.actor.as_str(), entry.reason()), ("EXPIRE", SYSTEM, v1::Reason::Expired));
    let drift = format!("duyet_count_drift{{site=\"{site}\",counter=\"comments\"}}");
    until("the gauge shows the drift", async || metric_value(&drift).filter(|shown| shown == "6")).await;
    assert_eq!(
        newsroom.portal_with(&newsroom.new_token("PORTAL", site.as_str()).await).list("bai").await.comments.len(),
        1
    );
}
