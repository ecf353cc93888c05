use std::{collections::BTreeSet, path::Path};

use duyetd::{
    domain::{
        Error, Result,
        lifecycle::Status,
        page::{CommentPage, Cursor, Order, QueuePage},
        queue::{QueueFilter, QueueOrder},
    },
    store::{contract::DatabaseStore as _, sqlite::SqliteStore},
};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, Row as _};
use tokio::task::JoinSet;

use crate::support::{
    home::{Home, empty_database, patient},
    sample::{article, at, published, reply_to, site, submission},
};

contract! {
    async fn every_table_and_every_unique_key_begins_with_the_site(home: &Home) {
        let (columns, keys) = if home.is_postgres() {
            (
                "select c.table_name || '.' || c.column_name from information_schema.columns c
                where c.table_schema = 'public' and c.ordinal_position = 1 and c.column_name <> 'site_id'
                    and c.table_name <> '_sqlx_migrations'
                    and c.table_name not in (select sequence_name from information_schema.sequences)",
                "select i.indexrelid::regclass::text from pg_index i
                join pg_class t on t.oid = i.indrelid and t.relnamespace = 'public'::regnamespace
                join pg_attribute a on a.attrelid = t.oid and a.attnum = i.indkey[0]
                where i.indisunique and a.attname <> 'site_id' and t.relname <> '_sqlx_migrations'",
            )
        } else {
            (
                "select t.name || '.' || c.name from sqlite_schema t join pragma_table_info(t.name) c
                where t.type = 'table' and c.cid = 0 and c.name <> 'site_id' and t.name <> '_sqlx_migrations'
                    and t.name not like 'sqlite_%' and t.name not like 'search_index%'",
                "select case i.origin when 'c' then i.name else t.name || '_' || c.name end from sqlite_schema t
                join pragma_index_list(t.name) i join pragma_index_info(i.name) c
                where t.type = 'table' and i.\"unique\" and c.seqno = 0 and c.name <> 'site_id' and t.name <> '_sqlx_migrations'
                    and t.name not like 'search_index%'",
            )
        };
        // The server's own keys are used for the rows of all sites.
        assert_eq!(home.texts(columns).await, ["server_keys.key_mark"]);
        // A token is looked up by its id before its site is known, and FTS5 identifies a row by a single number.
        let known = if home.is_postgres() {
            ["server_keys_key", "tokens_id_unique"]
        } else {
            ["search_terms_document", "tokens_token_id"]
        };
        let mut found = home.texts(keys).await;
        found.sort();
        assert_eq!(found, known);
    }

    async fn every_table_is_documented_with_its_reader_and_its_deletion_rule(home: &Home) {
        let sql = if home.is_postgres() {
            "select table_name::text from information_schema.tables
            where table_schema = 'public' and table_name <> '_sqlx_migrations'"
        } else {
            "select name from sqlite_schema where type = 'table' and name <> '_sqlx_migrations' and name not like 'sqlite_%'
                and name not like 'search_index%'"
        };
        let tables: BTreeSet<_> = home.texts(sql).await.into_iter().collect();
        assert_eq!(documented_tables(), tables);
    }

    async fn migrating_again_changes_nothing(home: &Home) {
        home.store_all(&[submission(1)]).await;
        home.store.migrate().await.unwrap();
        home.store.ping().await.unwrap();
        assert_eq!(home.rows("comments").await, 1);
    }

    async fn a_schema_of_a_newer_version_is_an_error(home: &Home) {
        let checksum = if home.is_postgres() { "'\\x00'" } else { "x'00'" };
        let sql = format!("insert into _sqlx_migrations (version, description, success, checksum, execution_time)
            values (99991231000000, 'from the future', true, {checksum}, 0)");
        home.execute(&sql).await.unwrap();
        match home.store.migrate().await {
            Err(Error::Internal(source)) => assert!(source.to_string().contains("newer"), "{source}"),
            other => panic!("{other:?}"),
        }
    }
}

/// Lists the tables of the section in `docs/reliability.md`, each of which has a reader and a deletion rule.
fn documented_tables() -> BTreeSet<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reliability.md");
    let text = std::fs::read_to_string(path).unwrap();
    let section = text.split("\n## Tables\n").nth(1).unwrap().split("\n## ").next().unwrap();
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `"));
    let table = |row: &str| {
        let (table, rest) = row.split_once("` | ").unwrap();
        let (reader, deletion) = rest.strip_suffix(" |").unwrap().split_once(" | ").unwrap();
        assert!(!reader.trim().is_empty() && !deletion.trim().is_empty(), "{row}");
        table.to_owned()
    };
    rows.map(table).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_that_start_concurrently_on_one_new_file_all_succeed() {
    let dir = tempfile::tempdir().unwrap();
    let mut tasks = JoinSet::new();
    for _ in 0..5 {
        let store = SqliteStore::open(dir.path().join("duyet.sqlite3"));
        // A starting server does the same. Switching a new file to WAL mode fails with "busy" at once, so it is
        // retried.
        tasks.spawn(async move { duyetd::server::migrate(&store).await });
    }
    for result in tasks.join_all().await {
        result.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replicas_that_start_concurrently_on_an_empty_database_all_succeed() {
    let options = empty_database().await;
    let mut tasks = JoinSet::new();
    for _ in 0..5 {
        let store = patient(options.clone());
        tasks.spawn(async move { store.migrate().await });
    }
    for result in tasks.join_all().await {
        result.unwrap();
    }
}

/// Begins with the state in which a server leaves the database that is killed while it builds an index concurrently.
#[tokio::test]
async fn an_unfinished_index_is_built_again() {
    let home = Home::postgres().await;
    home.execute("update pg_index set indisvalid = false where indexrelid = 'comments_waiting_of_article'::regclass")
        .await
        .unwrap();
    home.execute("delete from _sqlx_migrations where version = 20261126100000").await.unwrap();
    home.store.migrate().await.unwrap();
    let valid =
        "select count(*) from pg_index where indexrelid = 'comments_waiting_of_article'::regclass and indisvalid";
    assert_eq!(home.number(valid).await, 1);
}

/// Indexes after the first release are built concurrently, each in a migration of its own: such a build cannot run in
/// a transaction.
#[test]
fn later_indexes_are_built_concurrently() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations/postgres");
    for file in path.read_dir().unwrap().map(|file| file.unwrap().path()) {
        let (name, sql) = (file.file_name().unwrap().to_str().unwrap(), std::fs::read_to_string(&file).unwrap());
        if name >= "20261126100000" && sql.contains("create index") && !sql.contains("create table") {
            assert!(sql.starts_with("-- no-transaction\n"), "{name}");
            assert!(sql.contains("create index concurrently if not exists") && sql.matches(';').count() == 1, "{name}");
        }
    }
}

#[test]
fn both_databases_have_the_same_migrations() {
    let names = |dialect: &str| -> BTreeSet<_> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(dialect);
        path.read_dir().unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect()
    };
    let known = names("postgres");
    assert_eq!(known, names("sqlite"));
    for name in known {
        let (time, _) = name.strip_suffix(".sql").unwrap().split_once('_').unwrap();
        assert!(time.len() == 14 && time.parse::<u64>().is_ok(), "{name}");
    }
}

/// A join of columns with different collations cannot use an index, so it would read whole tables.
#[tokio::test]
async fn ids_have_the_same_collation_in_every_table() {
    let home = Home::postgres().await;
    let sql = "select count(*) from information_schema.columns where table_schema = 'public'
        and column_name in ('site_id', 'article_id') and collation_name is distinct from 'C'";
    assert_eq!(home.number(sql).await, 0);
}

/// Returns the last statements of the store's connections that match `pattern`.
pub(super) async fn statements(home: &Home, pattern: &str) -> Vec<String> {
    let sql = "select query from pg_stat_activity
        where datname = current_database() and application_name = 'duyet' and query like $1";
    sqlx::query_scalar(sql).bind(pattern).fetch_all(home.pg()).await.unwrap()
}

/// Returns the running statements of the store's connections that match `pattern`.
async fn running(home: &Home, pattern: &str) -> Vec<String> {
    let sql = "select query from pg_stat_activity
        where datname = current_database() and application_name = 'duyet' and state = 'active' and query like $1";
    sqlx::query_scalar(sql).bind(pattern).fetch_all(home.pg()).await.unwrap()
}

/// Returns PostgreSQL's plan of a statement where it may choose between indexes and sorting: a generic plan, or one
/// for the given parameters.
pub(super) async fn plan(home: &Home, statement: &str, given: Option<&str>) -> String {
    let mut connection = PgConnection::connect_with(&home.pg().connect_options()).await.unwrap();
    let parameters = (1..=20).rev().find(|n| statement.contains(&format!("${n}"))).unwrap();
    let nulls = vec!["null"; parameters].join(", ");
    let mode = if given.is_some() { "force_custom_plan" } else { "force_generic_plan" };
    let prepare = format!("set enable_seqscan = off; set plan_cache_mode = {mode}; prepare asked as {statement}");
    sqlx::raw_sql(AssertSqlSafe(prepare)).execute(&mut connection).await.unwrap();
    let explain = format!("explain execute asked ({})", given.unwrap_or(&nulls));
    let rows = sqlx::raw_sql(AssertSqlSafe(explain)).fetch_all(&mut connection).await.unwrap();
    rows.iter().map(|row| row.get::<String, _>(0) + "\n").collect()
}

#[tokio::test]
async fn pages_of_readers_and_of_the_queue_need_no_sort() {
    let home = Home::postgres().await;
    let root = published(1);
    home.store_all(&[root.clone(), reply_to(root.comment.id, published(2)), submission(3)]).await;
    let more =
        "insert into comments select site_id, gen_random_uuid(), article_id, parent_id, reply_to, author_name, title,
            content, status, revision, created_at + i * interval '1 second', published_at + i * interval '1 second',
            reviewed_at, reply_count, device, address, prefix, author, fingerprint, folded, findings, random()
        from comments, generate_series(1, 2000) i; analyze comments";
    home.execute(more).await.unwrap();
    let site = site();
    for order in [Order::Oldest, Order::Newest] {
        for parent in [None, Some(root.comment.id)] {
            let (site, own) = (site.clone(), vec![root.comment.id]);
            let page = CommentPage { site, article: article(), parent, order, size: 20, after: None, own };
            let call = home.store.list_comments(std::slice::from_ref(&page));
            check(&home, "with listed as materialized (%limit $%) c%", None, call).await;
        }
    }
    let everything = QueueFilter::default();
    let unheld = QueueFilter { claimed: Some(false), ..QueueFilter::default() };
    let pending = QueueFilter { status: vec![Status::Pending], ..QueueFilter::default() };
    let cursor = Cursor { at: at(0), id: uuid::Uuid::nil(), score: 0.0 };
    let starts = QueueOrder::ALL.iter().flat_map(|order| [(*order, None), (*order, Some(cursor))]);
    for (order, after) in starts {
        let key = if matches!(order, QueueOrder::Score | QueueOrder::Reports) { "0" } else { "2026-11-23" };
        let start = after.map(|_| format!(", '{key}', '{}'", uuid::Uuid::nil())).unwrap_or_default();
        for filter in [&everything, &unheld, &pending] {
            let page = QueuePage { site: &site, filter, order, size: 20, after, until: None, now: at(0) };
            // PostgreSQL plans statements with other filters for the values of their parameters.
            let given = filter == &pending;
            let (listed, counted) = (home.store.list_queue(&page), home.store.count_queue(&page, 99));
            let page_given = given.then(|| format!("'bao-hue'{start}"));
            check(&home, "select c.comment_id as%from comments c%limit 21) c%", page_given.as_deref(), listed).await;
            let count_given = given.then(|| format!("'bao-hue'{start}, 99"));
            check(&home, "select count(*)%from comments c%limit $%) found", count_given.as_deref(), counted).await;
            let end = home.store.queue_slice(&page);
            check(&home, "select c.comment_id, c.created_at%limit 1 offset $%", None, end).await;
        }
    }
    check(&home, "select seq, kind%", None, home.store.changes(&site, -1, 9)).await;
}

/// Fails when the call runs no statement that matches `pattern`, or when the plan of one sorts or reads a whole table
/// or index. Another transaction locks the tables until the statement is seen.
async fn check<T>(home: &Home, pattern: &str, given: Option<&str>, call: impl Future<Output = Result<T>>) {
    let mut others = home.pg().begin().await.unwrap();
    sqlx::query("lock table comments, changes in access exclusive mode").execute(&mut *others).await.unwrap();
    let look = async {
        let mut found = Vec::new();
        for _ in 0..1_000 {
            found = running(home, pattern).await;
            if !found.is_empty() {
                break;
            }
        }
        others.rollback().await.unwrap();
        found
    };
    let (answer, found) = tokio::join!(call, look);
    assert!(answer.is_ok() && !found.is_empty(), "no statement matches {pattern}");
    for statement in &found {
        let plan = plan(home, statement, given).await;
        // The rows of a complete page may be sorted again after the joins.
        let is_joined = statement.contains(") c left join");
        let read = if is_joined { plan.split_once("Limit").map_or("", |(_, page)| page) } else { &plan };
        assert!(!read.contains("Sort") && !plan.contains("Seq Scan"), "{statement}\n{plan}");
        assert!(read.contains("Index Cond"), "{statement}\n{plan}");
    }
}
