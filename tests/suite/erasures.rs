//! Tests that an erasure of many comments continues after its call has ended and after a restart of the server, and
//! that its total is right.

use std::{sync::Arc, time::Duration};

use duyetd::{
    domain::{
        access::{Caller, Role},
        audit::{AuditAction, AuditFilter},
        privacy::{ErasureProgress, PersonErasure},
        request::RequestRow,
    },
    service::{EraseRequest, Person},
};
use sqlx::{Connection as _, SqliteConnection, sqlite::SqliteConnectOptions};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::{
    moderator_client::{duyet, text},
    support::{
        home::Home,
        newsroom::{Database, Newsroom, on_both_databases},
        office::services,
        sample::{at, request, site, submission},
    },
};

on_both_databases! {
    background_work_finishes_an_erasure_after_its_call_ended,
    concurrent_workers_on_one_erasure_count_each_comment_once,
    an_erasure_continues_after_a_restart_of_the_server,
    a_call_returns_its_progress_in_time_and_a_later_call_the_total,
}

/// The author key of every [`submission`].
const AUTHOR: &str = "00112233aabbccdd";

async fn home(database: Database) -> Home {
    match database {
        Database::Sqlite => Home::sqlite().await,
        Database::Postgres => Home::postgres().await,
    }
}

/// Builds an erasure that a call began at second 1,000 and did not finish, with its request row.
fn begun(authors: &[&str]) -> (PersonErasure, RequestRow) {
    let row = request();
    let erasure = PersonErasure {
        request: row.id,
        batch: Uuid::new_v4(),
        actor: "chief".into(),
        note: "theo đơn".into(),
        authors: authors.iter().map(|&author| author.to_owned()).collect(),
        devices: vec![[1; 16]],
        comment: None,
        progress: ErasureProgress::default(),
        started_at: at(1_000),
        is_finished: false,
    };
    (erasure, row)
}

async fn background_work_finishes_an_erasure_after_its_call_ended(database: Database) {
    let home = home(database).await;
    let all: Vec<_> = (0..450).map(submission).collect();
    home.store_all(&all).await;
    let (erasure, row) = begun(&[AUTHOR]);
    home.store.begin_erasure(&site(), &erasure, &row).await.unwrap();
    home.store.begin_erasure(&site(), &erasure, &row).await.unwrap();
    assert_eq!(home.rows("erasures").await, 1, "a duplicate of the call begins no second erasure");
    assert_eq!(home.store.count_by(&site(), &erasure.authors, 1_000).await.unwrap(), 450);
    assert_eq!(home.store.count_by(&site(), &erasure.authors, 100).await.unwrap(), 100);

    let office = services(&home.store);
    assert_eq!(
        office.maintenance.continue_erasures(&|| at(1_001)).await.unwrap(),
        0,
        "the call may still be working on the erasure"
    );
    assert_eq!(office.maintenance.continue_erasures(&|| at(1_100)).await.unwrap(), 1);
    let done = home.store.find_erasure(&site(), row.id).await.unwrap().unwrap();
    assert!(done.is_finished);
    assert_eq!(done.progress, ErasureProgress { comments: 450, reports: 0 });
    assert!(done.note.is_empty() && done.authors.is_empty() && done.devices.is_empty(), "{done:?}");
    assert_eq!(office.maintenance.continue_erasures(&|| at(1_200)).await.unwrap(), 0);
    let filter = AuditFilter { action: Some(AuditAction::Erase), batch: Some(erasure.batch), ..AuditFilter::default() };
    let entries = home.store.list_audit(&site(), &filter, 1_000, None).await.unwrap().items;
    assert_eq!(entries.len(), 450);
    assert!(entries.iter().all(|entry| entry.actor == "chief" && entry.note == "theo đơn"));
    assert_eq!(home.number("select count(*) from comments where status = 'ERASED' and content = ''").await, 450);
    home.recount().await;

    // For resends, the counts of an erasure are kept as long as the responses of other requests.
    home.store.forget(at(1_000)).await.unwrap();
    assert_eq!(home.rows("erasures").await, 1);
    home.store.forget(at(1_101)).await.unwrap();
    assert_eq!(home.rows("erasures").await, 0);
}

async fn concurrent_workers_on_one_erasure_count_each_comment_once(database: Database) {
    let home = home(database).await;
    let all: Vec<_> = (0..300).map(submission).collect();
    home.store_all(&all).await;
    let office = Arc::new(services(&home.store));
    let caller = Caller { token: Uuid::nil(), site: site(), name: "chief".into(), role: Role::Admin };
    let request_id = Uuid::new_v4();
    let mut tasks = JoinSet::new();
    for _ in 0..3 {
        let (office, caller) = (Arc::clone(&office), caller.clone());
        tasks.spawn(async move {
            let request = EraseRequest { person: Person::Author(AUTHOR.into()), note: "theo đơn".into(), request_id };
            for _ in 0..100 {
                let erased = office.privacy.erase_author(&caller, request.clone(), at(1_000)).await.unwrap();
                if !erased.in_progress {
                    return erased;
                }
            }
            panic!("the erasure was not finished");
        });
        let office = services(&home.store);
        tasks.spawn(async move {
            let erasing = async {
                while let Err(error) = office.maintenance.continue_erasures(&|| at(1_100)).await {
                    tracing::info!(?error, "another worker held a lock");
                }
            };
            erasing.await;
            duyetd::service::Erased { comments: 300, reports: 0, batch: Uuid::nil(), remaining: 0, in_progress: false }
        });
    }
    let answers = tasks.join_all().await;
    assert!(answers.iter().all(|one| (one.comments, one.reports, one.remaining) == (300, 0, 0)), "{answers:?}");
    assert_eq!(home.number("select count(*) from audit where action = 'ERASE'").await, 300);
}

/// Longer than the time for which a call works on an erasure, and shorter than the time for which the call's writes
/// wait for a lock, including retries.
const HELD_UP: Duration = Duration::from_millis(3_300);

/// Takes a lock that blocks all changes of comments for [`HELD_UP`] after this function returns.
async fn hold_up_writers(home: &Home) -> JoinSet<()> {
    let mut holder = JoinSet::new();
    if let Some(file) = home.file() {
        let options = SqliteConnectOptions::new().filename(file);
        let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
        sqlx::raw_sql("begin immediate").execute(&mut connection).await.unwrap();
        holder.spawn(async move {
            tokio::time::sleep(HELD_UP).await;
            sqlx::raw_sql("rollback").execute(&mut connection).await.unwrap();
        });
        return holder;
    }
    let mut tx = home.pg().begin().await.unwrap();
    sqlx::raw_sql("lock table comments in exclusive mode").execute(&mut *tx).await.unwrap();
    holder.spawn(async move {
        tokio::time::sleep(HELD_UP).await;
        tx.rollback().await.unwrap();
    });
    holder
}

/// Returns the SQL that creates a trigger which makes every erasure fail at its first comment, and the SQL that drops
/// the trigger.
const fn failing_trigger(is_postgres: bool) -> [&'static str; 2] {
    if is_postgres {
        let block = "create function no() returns trigger language plpgsql as $$ begin raise exception 'no'; end $$;
            create trigger t before update of content on comments for each row execute function no()";
        return [block, "drop trigger t on comments"];
    }
    let block = "create trigger t before update of content on comments begin select raise(abort, 'no'); end";
    [block, "drop trigger t"]
}

async fn a_call_returns_its_progress_in_time_and_a_later_call_the_total(database: Database) {
    let home = home(database).await;
    home.store_all(&(0..450).map(submission).collect::<Vec<_>>()).await;
    let office = services(&home.store);
    let caller = Caller { token: Uuid::nil(), site: site(), name: "chief".into(), role: Role::Admin };
    let person = Person::Author(AUTHOR.into());
    let request = EraseRequest { person, note: "theo đơn".into(), request_id: Uuid::new_v4() };
    // The erasure is begun before the lock is taken, because on SQLite its beginning needs that lock, too. The trigger
    // makes it fail at its first comment.
    let [block, lift] = failing_trigger(home.is_postgres());
    home.execute(block).await.unwrap();
    office.privacy.erase_author(&caller, request.clone(), at(1_000)).await.unwrap_err();
    home.execute(lift).await.unwrap();

    let holder = hold_up_writers(&home).await;
    let first = office.privacy.erase_author(&caller, request.clone(), at(1_001)).await.unwrap();
    holder.join_all().await;
    assert!(first.in_progress && first.comments < 450 && first.comments + first.remaining == 450, "{first:?}");
    let sum = office.privacy.erase_author(&caller, request, at(1_010)).await.unwrap();
    assert_eq!((sum.comments, sum.remaining, sum.in_progress, sum.batch), (450, 0, false, first.batch));
}

async fn finished(newsroom: &Newsroom, request: Uuid, site: &duyetd::domain::id::SiteId) -> PersonErasure {
    let store = duyetd::server::open_store(&newsroom.config).unwrap();
    let waited = tokio::time::timeout(Duration::from_secs(60), async {
        loop {
            let erasure = store.find_erasure(site, request).await.unwrap().unwrap();
            if erasure.is_finished {
                return erasure;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
    let erasure = waited.await.expect("the erasure was not finished");
    store.close().await;
    erasure
}

async fn an_erasure_continues_after_a_restart_of_the_server(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let site = duyetd::domain::id::SiteId::parse("default").unwrap();
    let id = newsroom.portal().say("bai", "Câu đầu").await.comment_id;
    let author = newsroom.desk().case(&id).await.author_history.unwrap().author;
    let (erasure, row) = begun(&[&author]);
    // Stores the state that a crash right after the beginning of the call leaves.
    let store = duyetd::server::open_store(&newsroom.config).unwrap();
    store.begin_erasure(&site, &erasure, &row).await.unwrap();
    store.close().await;
    let newsroom = newsroom.restarted().await;
    let done = finished(&newsroom, row.id, &site).await;
    assert_eq!(done.progress.comments, 1);
    assert_eq!(newsroom.desk().case(&id).await.comment.unwrap().content, "");
}

/// Copies one comment 30,000 times.
const COPIES: [&str; 2] = [
    "create table copies as with recursive n (i) as (select 1 union all select i + 1 from n where i < 30000)
        select c.* from comments c, n;
    update copies set comment_id = randomblob(16), created_at = created_at + rowid;
    insert into comments select * from copies; drop table copies",
    "create table copies as select c.* from comments c, generate_series(1, 30000);
    update copies set comment_id = gen_random_uuid();
    insert into comments select * from copies; drop table copies",
];

async fn thirty_thousand_comments_are_erased_and_the_client_prints_the_total(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let id = newsroom.portal().say("bai", "Câu đầu").await.comment_id;
    newsroom.execute(COPIES[usize::from(database == Database::Postgres)]).await;
    let output = duyet(&newsroom, "admin", &["erase", &id, "--yes", "--json"]).await;
    assert!(output.status.success(), "{output:?}");
    assert!(text(&output).contains("\"erased\": \"30001\""), "{}", text(&output));
    let home = Home::beside(&newsroom.config);
    assert_eq!(home.number("select count(*) from comments where content <> ''").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes: tests/run thirty_thousand -- --ignored"]
async fn thirty_thousand_on_sqlite() {
    thirty_thousand_comments_are_erased_and_the_client_prints_the_total(Database::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes: tests/run thirty_thousand -- --ignored"]
async fn thirty_thousand_on_postgres() {
    thirty_thousand_comments_are_erased_and_the_client_prints_the_total(Database::Postgres).await;
}
