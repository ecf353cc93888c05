//! Tests of learning from decisions: incremental training and a rebuild give the same model, one replica trains for
//! all, and reverted decisions are unlearned.

use duyet_proto::v1::{self, Outcome};
use duyetd::{
    domain::{
        id::CommentId,
        lifecycle::Action,
        revert::{Revert, Target},
        spam::{ModelHead, Reading, model::Evidence},
        submission::Submission,
    },
    service::Services,
};
use uuid::Uuid;

use crate::support::{
    home::Home,
    newsroom::{Database, Newsroom, decision as request, on_both_databases},
    office::services,
    sample::{at, decision, id_at, request as row, site, submission},
};

on_both_databases! {
    one_replica_learns_from_decisions_and_another_loads_the_model,
    a_reverted_decision_is_unlearned_exactly,
    incremental_training_equals_training_on_the_whole_log,
    the_model_learns_at_most_20_decisions_a_minute_of_one_moderator,
    only_one_of_two_trainers_stores_a_version,
    a_trained_model_is_updated_after_20_decisions_or_five_minutes,
    a_server_learns_in_the_background_and_reports_the_learned_score,
    a_sample_of_published_comments_is_queued_for_a_moderator,
}

async fn home(database: Database) -> Home {
    match database {
        Database::Sqlite => Home::sqlite().await,
        Database::Postgres => Home::postgres().await,
    }
}

/// Builds comment number `n`, an advertisement when `n` is even.
fn comment(n: i64) -> Submission {
    let mut one = submission(n);
    one.comment.content = match n % 2 {
        0 => format!("Vào casino số {n} nhận thưởng lớn ngay hôm nay"),
        _ => format!("Bài viết số {n} rất hay, cảm ơn tác giả"),
    };
    one
}

fn action_of(n: i64) -> Action {
    if n % 2 == 0 { Action::Spam } else { Action::Approve }
}

/// Stores and decides comments with these numbers, four a minute.
async fn decide_all(home: &Home, numbers: impl Iterator<Item = i64>) -> Vec<(CommentId, Uuid)> {
    let mut decided = Vec::new();
    for n in numbers {
        let one = comment(n);
        home.store_all(std::slice::from_ref(&one)).await;
        let batch = decision(n * 15, one.comment.id, action_of(n), 1);
        home.decide_one(&batch).await.unwrap();
        decided.push((one.comment.id, batch.items[0].id));
    }
    decided
}

async fn learn(replica: &Services, second: i64) -> u64 {
    replica.maintenance.learn(&|| at(second)).await.unwrap()
}

/// Returns the head of the replica's model, and the model's score of a text that no moderator decided on.
fn knows(replica: &Services) -> Option<(ModelHead, u64)> {
    let learned = replica.rules.learned(&site())?;
    let form = duyetd::domain::comment::FormText {
        author_name: "Mai".into(),
        title: String::new(),
        content: "casino tối nay".into(),
    };
    Some((learned.head, learned.model.logit(&Evidence::of(&Reading::of(&form))).to_bits()))
}

async fn one_replica_learns_from_decisions_and_another_loads_the_model(database: Database) {
    let home = home(database).await;
    let (trainer, follower) = (services(&home.store), services(&home.store));
    assert_eq!(learn(&trainer, 0).await, 0);
    assert!(knows(&trainer).is_none(), "there is no model before the first decision");
    decide_all(&home, 0..20).await;
    assert_eq!(learn(&trainer, 1_000).await, 1);
    let learned = trainer.rules.learned(&site()).unwrap();
    assert_eq!((learned.head.version, learned.model.counts()), (1, (10, 10)));
    assert!(f64::from_bits(knows(&trainer).unwrap().1) > 1.0, "the model scores a text about a casino as spam");
    assert_eq!(learn(&follower, 1_001).await, 1);
    assert_eq!(knows(&follower), knows(&trainer));
    assert_eq!(learn(&follower, 1_002).await + learn(&trainer, 1_002).await, 0, "there is nothing new to learn");
}

async fn a_reverted_decision_is_unlearned_exactly(database: Database) {
    let home = home(database).await;
    let replica = services(&home.store);
    let decided = decide_all(&home, 0..20).await;
    learn(&replica, 1_000).await;
    let (_, before) = knows(&replica).unwrap();
    let late = decide_all(&home, 20..21).await;
    learn(&replica, 1_001).await;
    assert_ne!(knows(&replica).unwrap().1, before);
    revert(&home, late[0].1, 1_002).await;
    learn(&replica, 1_003).await;
    assert_eq!(knows(&replica).unwrap().1, before);
    // A decision from the middle of the log is reverted, too.
    revert(&home, decided[7].1, 1_004).await;
    learn(&replica, 1_005).await;
    assert_eq!(replica.rules.learned(&site()).unwrap().model.counts(), (9, 10));
    // One decision is reverted and two others are made, so the number of decisions in the model does not decrease.
    revert(&home, decided[3].1, 1_006).await;
    decide_all(&home, 100..102).await;
    learn(&replica, 2_000).await;
    let (_, on_line) = knows(&replica).unwrap();
    home.execute("delete from spam_models").await.unwrap();
    let rebuilt = services(&home.store);
    learn(&rebuilt, 3_000).await;
    assert_eq!(
        (knows(&rebuilt).unwrap().1, rebuilt.rules.learned(&site()).unwrap().model.counts()),
        (on_line, (9, 11))
    );
}

async fn revert(home: &Home, entry: Uuid, second: i64) {
    let revert = Revert {
        batch: id_at(at(second)),
        site: site(),
        target: Target::Entry(entry),
        actor: "lan".into(),
        any: false,
        at: at(second),
        request: Some(row()),
    };
    assert!(home.store.revert(&revert).await.unwrap().items[0].result.is_ok());
}

async fn incremental_training_equals_training_on_the_whole_log(database: Database) {
    let home = home(database).await;
    let replica = services(&home.store);
    for round in 0..6 {
        decide_all(&home, round * 7..round * 7 + 7).await;
        learn(&replica, 2_000 + round).await;
    }
    let (head, on_line) = knows(&replica).unwrap();
    assert_eq!((head.version, head.decisions), (6, 42), "each round continued from the last model");
    home.execute("delete from spam_models").await.unwrap();
    let rebuilt = services(&home.store);
    learn(&rebuilt, 3_000).await;
    assert_eq!(knows(&rebuilt).unwrap().1, on_line);
}

async fn the_model_learns_at_most_20_decisions_a_minute_of_one_moderator(database: Database) {
    let home = home(database).await;
    let replica = services(&home.store);
    for n in 0..100 {
        let one = comment(n * 2);
        home.store_all(std::slice::from_ref(&one)).await;
        home.decide_one(&decision(600, one.comment.id, Action::Spam, 1)).await.unwrap();
    }
    learn(&replica, 700).await;
    assert_eq!(replica.rules.learned(&site()).unwrap().model.counts(), (0, 20));
}

async fn only_one_of_two_trainers_stores_a_version(database: Database) {
    let home = home(database).await;
    let head = ModelHead { version: 1, log_start: at(0), log_size: 1, decisions: 1, digest: [1; 32], made_at: at(1) };
    assert!(home.store.save_model(&site(), &head, b"one", None).await.unwrap());
    assert!(
        !home.store.save_model(&site(), &head, b"two", None).await.unwrap(),
        "another trainer stored this version first"
    );
    assert!(
        !home.store.save_model(&site(), &ModelHead { version: 3, ..head }, b"three", None).await.unwrap(),
        "no version may be skipped"
    );
    assert_eq!(home.store.load_model(&site(), 1).await.unwrap().as_deref(), Some(&b"one"[..]));
    for version in 2..=5 {
        assert!(home.store.save_model(&site(), &ModelHead { version, ..head }, b"more", None).await.unwrap());
    }
    assert_eq!(home.store.load_model(&site(), 2).await.unwrap(), None, "an old version is deleted");
    assert!(home.store.load_model(&site(), 3).await.unwrap().is_some());
    assert_eq!(home.store.model_heads().await.unwrap(), [(site(), ModelHead { version: 5, ..head })]);
}

async fn a_trained_model_is_updated_after_20_decisions_or_five_minutes(database: Database) {
    let home = home(database).await;
    let replica = services(&home.store);
    decide_all(&home, 0..240).await;
    learn(&replica, 4_000).await;
    let learned = replica.rules.learned(&site()).unwrap();
    assert!(learned.thresholds.is_some_and(|lines| lines.auto_spam && lines.low <= lines.high));
    decide_all(&home, 300..301).await;
    assert_eq!(learn(&replica, 4_100).await, 0, "one decision does not update the model");
    assert_eq!(learn(&replica, 4_300).await, 1, "one decision updates the model after five minutes");
    decide_all(&home, 310..330).await;
    assert_eq!(learn(&replica, 4_301).await, 1, "twenty decisions update the model at once");
    assert_eq!(replica.rules.learned(&site()).unwrap().head.decisions, 261);
}

async fn a_server_learns_in_the_background_and_reports_the_learned_score(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let (mut portal, mut desk) = (newsroom.portal(), newsroom.desk());
    let stats = learned(&mut desk).await;
    assert_eq!((stats.decisions, stats.auto_spam, stats.decisions_needed), (0, false, 200));
    let spam = CASINO;
    let early = judged(&mut portal, &mut desk, spam, 99).await.spam_score;
    teach_casino(&mut portal, &mut desk).await;
    let stats = learned(&mut desk).await;
    assert_eq!((stats.decisions, stats.approved, stats.spam, stats.auto_spam), (16, 8, 8, false));
    let case = judged(&mut portal, &mut desk, spam, 100).await;
    assert!(case.spam_score > early && case.spam_score > 0.9, "{early} then {}", case.spam_score);
    let finding = case
        .findings
        .iter()
        .find(|one| one.rule == "LEARNED" && one.field == "content")
        .expect("the finding has an excerpt");
    assert!(finding.weight > 0.0 && spam.contains(&finding.excerpt) && !finding.feature.is_empty(), "{finding:?}");
    let sentence = format!("“{}” is typical of spam", finding.excerpt);
    assert!(finding.explanation.contains(&sentence), "{}", finding.explanation);
    desk.set_mode("tu-dong", v1::Mode::Hybrid, 0).await;
    let sent = portal.say("tu-dong", "Casino thưởng lớn cho người mới").await;
    assert_eq!(sent.outcome(), Outcome::Pending);
    assert_eq!(desk.case(&sent.comment_id).await.comment.unwrap().status(), v1::CommentStatus::Pending);
}

const CASINO: &str = "Vào casino nhận thưởng lớn";

/// Decides sixteen comments, half of them about a casino, and waits for the trained model.
pub async fn teach_casino(portal: &mut crate::support::newsroom::Portal, desk: &mut crate::support::newsroom::Desk) {
    for n in 0..8 {
        let said = [format!("{CASINO}, lần thứ {n}"), format!("Bài này hay, đọc lần {n} vẫn thích")];
        for (text, action) in said.iter().zip([v1::Action::Spam, v1::Action::Approve]) {
            let id = portal.say("bai", text).await.comment_id;
            desk.decide(request(&id, action)).await.unwrap();
        }
    }
    for _ in 0..600 {
        if learned(desk).await.decisions == 16 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

async fn learned(desk: &mut crate::support::newsroom::Desk) -> v1::LearnedScore {
    let stats = desk.moderation.get_stats(v1::GetStatsRequest::default()).await.unwrap();
    stats.into_inner().learned.unwrap()
}

async fn judged(
    portal: &mut crate::support::newsroom::Portal,
    desk: &mut crate::support::newsroom::Desk,
    text: &str,
    n: i64,
) -> v1::ReviewCase {
    let id = portal.say("bai", &format!("{text} số {n}")).await.comment_id;
    desk.case(&id).await
}

async fn a_sample_of_published_comments_is_queued_for_a_moderator(database: Database) {
    let newsroom = Newsroom::open_with(database, |config| config.sample_percent = 100).await;
    let (mut portal, mut desk) = (newsroom.portal(), newsroom.desk());
    desk.set_mode("bai", v1::Mode::Post, 0).await;
    let said = portal.say("bai", "Bài viết rất hay").await;
    assert_eq!(said.outcome(), Outcome::Published);
    let queue = desk.queue().await;
    assert_eq!((queue.total, queue.cases[0].findings[0].rule.as_str()), (1, "SAMPLED"));
    assert_eq!(queue.cases[0].comment.as_ref().unwrap().status(), v1::CommentStatus::Approved);
    desk.approve(&said.comment_id).await;
    assert_eq!(desk.queue().await.total, 0, "a decision removes the sample from the queue");
    desk.set_mode("truoc", v1::Mode::Pre, 0).await;
    let waits = portal.say("truoc", "Chờ duyệt thôi").await;
    assert_eq!(waits.outcome(), Outcome::Pending);
    assert!(desk.case(&waits.comment_id).await.findings.is_empty(), "a pending comment is not sampled");
}
