//! Data that is stored for a limited time: texts of spam and of rejected comments, and the salts of address hashes.

use chrono::{DateTime, Duration, Utc};
use duyetd::{
    domain::{
        actor::SYSTEM,
        audit::{AuditAction, AuditFilter},
        comment::FormText,
        id::CommentId,
        lifecycle::{Action, Status},
        privacy::{Erasure, Outlived, Retention},
        spam::{Reading, model::Evidence},
    },
    service::Services,
};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::support::{
    home::Home,
    newsroom::{Database, on_both_databases},
    office::services,
    sample::{at, decision, id_at, published, site, submission},
};

on_both_databases! {
    spam_is_erased_after_30_days_and_rejected_comments_after_180,
    a_comment_approved_in_time_is_not_erased,
    the_model_keeps_what_it_learned_from_erased_spam,
    replicas_share_a_months_salt_until_it_is_deleted,
}

async fn home(database: Database) -> Home {
    match database {
        Database::Sqlite => Home::sqlite().await,
        Database::Postgres => Home::postgres().await,
    }
}

fn after_days(days: i64) -> DateTime<Utc> {
    at(0) + Duration::days(days)
}

async fn run(office: &Services, now: DateTime<Utc>) {
    office.maintenance.run_jobs(&move || now).await.unwrap();
}

async fn statuses(home: &Home, ids: &[CommentId]) -> Vec<Status> {
    let mut statuses = Vec::new();
    for id in ids {
        let comment = home.comment(*id).await;
        assert_eq!(comment.content.is_empty(), comment.status == Status::Erased);
        statuses.push(comment.status);
    }
    statuses
}

async fn spam_is_erased_after_30_days_and_rejected_comments_after_180(database: Database) {
    use Status::{Approved, Erased, Rejected, Spam};
    let home = home(database).await;
    let office = services(&home.store);
    // The last comment was marked as spam by its score alone, without a moderator.
    let mut all = [submission(1), submission(2), published(3), submission(4), submission(5)];
    all[4].comment.status = Spam;
    home.store_all(&all).await;
    let ids = all.each_ref().map(|one| one.comment.id);
    for (id, action) in [(ids[0], Action::Spam), (ids[1], Action::Reject), (ids[3], Action::Spam)] {
        home.decide_one(&decision(86_400, id, action, 1)).await.unwrap();
    }
    let demanded = "update comments set due_at = created_at, takedown_kind = 'AUTHORITY' where content like '% 4'";
    home.execute(demanded).await.unwrap();

    run(&office, after_days(30)).await;
    assert_eq!(statuses(&home, &ids).await, [Spam, Rejected, Approved, Spam, Spam]);
    run(&office, after_days(32)).await;
    assert_eq!(statuses(&home, &ids).await, [Erased, Rejected, Approved, Spam, Erased]);
    run(&office, after_days(181)).await;
    assert_eq!(statuses(&home, &ids).await, [Erased, Rejected, Approved, Spam, Erased]);
    run(&office, after_days(183)).await;
    assert_eq!(
        statuses(&home, &ids).await,
        [Erased, Erased, Approved, Spam, Erased],
        "a comment with a takedown demand is kept"
    );

    let filter = AuditFilter { action: Some(AuditAction::Purge), ..AuditFilter::default() };
    let entries = home.store.list_audit(&site(), &filter, 100, None).await.unwrap().items;
    assert_eq!(entries.len(), 3);
    assert!(entries.iter().all(|entry| entry.actor == SYSTEM && entry.to_status == Some(Erased)));
    let left = "select count(*) from comments where status = 'ERASED' and (device is not null or address is not null
        or author_name <> '' or title <> '' or folded <> '' or skeleton is not null)";
    assert_eq!(home.number(left).await, 0);
    home.recount().await;
}

async fn a_comment_approved_in_time_is_not_erased(database: Database) {
    let home = home(database).await;
    let both = [submission(1), submission(2)];
    let ids = both.each_ref().map(|one| one.comment.id);
    home.store_all(&both).await;
    for (n, id) in ids.into_iter().enumerate() {
        home.decide_one(&decision(10 + i64::try_from(n).unwrap(), id, Action::Spam, 1)).await.unwrap();
    }
    let now = after_days(40);
    let outlived = Outlived::at(now, Retention::default());
    let found = home.store.outlived(&site(), &outlived, 10).await.unwrap();
    assert_eq!(found, ids);
    let mut approval = decision(11, ids[0], Action::Approve, 2);
    approval.at = now;
    home.decide_one(&approval).await.unwrap();
    let erasure = Erasure {
        site: site(),
        action: AuditAction::Purge,
        actor: SYSTEM.into(),
        note: String::new(),
        at: now,
        batch: Uuid::new_v4(),
        items: found.into_iter().map(|id| (id_at(now), id)).collect(),
        only: Some(outlived),
        request_id: None,
        remember: None,
    };
    assert_eq!(home.store.erase(&erasure).await.unwrap(), 1);
    assert_eq!(statuses(&home, &ids).await, [Status::Approved, Status::Erased]);
}

/// Returns the number of decisions in a replica's model, and the model's score of a text without a decision.
fn knows(office: &Services) -> ((u64, u64), u64) {
    let learned = office.rules.learned(&site()).unwrap();
    let content = "Vào casino số 77 nhận thưởng lớn".into();
    let form = FormText { author_name: "Mai".into(), title: String::new(), content };
    (learned.model.counts(), learned.model.logit(&Evidence::of(&Reading::of(&form))).to_bits())
}

async fn the_model_keeps_what_it_learned_from_erased_spam(database: Database) {
    let home = home(database).await;
    let office = services(&home.store);
    for n in 0..40 {
        let mut one = submission(n);
        let is_spam = n % 2 == 0;
        one.comment.content = if is_spam {
            format!("Vào casino số {n} nhận thưởng lớn")
        } else {
            format!("Bài số {n} rất hay, cảm ơn")
        };
        home.store_all(std::slice::from_ref(&one)).await;
        let action = if is_spam { Action::Spam } else { Action::Approve };
        home.decide_one(&decision(n * 15 + 60, one.comment.id, action, 1)).await.unwrap();
    }
    office.maintenance.learn(&|| at(1_000)).await.unwrap();
    let before = knows(&office);
    assert_eq!(before.0, (20, 20));
    let later = after_days(31);
    run(&office, later).await;
    assert_eq!(home.number("select count(*) from comments where status = 'ERASED'").await, 20);
    office.maintenance.learn(&move || later).await.unwrap();
    assert_eq!(knows(&office), before, "the erasure does not change the model");

    // A new replica has the same model. It has it again after one more decision and the reversal of that decision.
    let fresh = services(&home.store);
    fresh.maintenance.learn(&move || later).await.unwrap();
    assert_eq!(knows(&fresh), before);
    let mut young = submission(50);
    young.comment.created_at = later;
    young.comment.content = "Câu chuyện về cây cầu".into();
    home.store_all(std::slice::from_ref(&young)).await;
    for (action, revision, counts) in [(Action::Approve, 1, (21, 20)), (Action::Requeue, 2, (20, 20))] {
        let mut step = decision(0, young.comment.id, action, revision);
        step.at = later + Duration::minutes(10 * revision);
        step.items[0].id = id_at(step.at);
        home.decide_one(&step).await.unwrap();
        let now = step.at + Duration::minutes(6);
        fresh.maintenance.learn(&move || now).await.unwrap();
        assert_eq!(knows(&fresh).0, counts, "{action}");
    }
    assert_eq!(knows(&fresh), before);
}

async fn replicas_share_a_months_salt_until_it_is_deleted(database: Database) {
    let home = home(database).await;
    let mut tasks = JoinSet::new();
    for n in 0..16 {
        let store = home.store.clone();
        tasks.spawn(async move { store.salt(&site(), "2026-11", [n; 16]).await.unwrap() });
    }
    let salts = tasks.join_all().await;
    assert!(salts.iter().all(|salt| *salt == salts[0]), "{salts:?}");
    home.store.salt(&site(), "2026-12", [99; 16]).await.unwrap();
    let months = ["2026-12", "2026-11", "2026-10"].map(str::to_owned);
    assert_eq!(home.store.earlier_salts(&site(), &months).await.unwrap(), [[99; 16], salts[0]]);

    home.store_all(&[submission(1)]).await;
    let office = services(&home.store);
    let on = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
    run(&office, on("2027-02-28T21:00:00Z")).await;
    assert_eq!(home.rows("address_salts").await, 2, "bans may still refer to November");
    run(&office, on("2027-03-01T21:00:00Z")).await;
    let left = home.store.earlier_salts(&site(), &months).await.unwrap();
    assert_eq!(left, [[99; 16]], "November's salt is deleted");
}
