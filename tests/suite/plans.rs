//! Explains every statement of the store on both databases. `tests/run` records the statements of all tests and runs
//! this test last.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use sqlx::{AssertSqlSafe, Connection as _, PgConnection, Row as _};

use crate::support::{
    home::Home,
    sources::{code, source},
    statements::{self, Ran},
};

/// Tables that grow with the readers' comments. Reading all of a site's rows is a fault.
const LARGE: [&str; 8] = ["audit", "audit_notes", "changes", "claims", "comments", "notes", "reports", "requests"];

/// PostgreSQL's plans depend on the number of rows: a small table may be read whole.
const LARGE_IN_POSTGRES: [&str; 4] = ["audit", "changes", "comments", "requests"];

/// Partial indexes over a small share of the rows, such as pending comments. Their readers stop at a limit.
const PARTIAL: [&str; 5] = [
    "comments_by_due",
    "comments_flagged",
    "comments_waiting_by_age",
    "comments_waiting_by_reports",
    "comments_waiting_by_score",
];

/// Statements that read more rows than an index finds: the file, a part of the SQL, the reason.
const KNOWN: [(&str, &str, &str); 6] = [
    ("change_feed.rs", "max(", "SQLite's plan does not say that it reads the last entry only"),
    ("job.rs", "with recursive s", "each site's counts stop at a limit, and takedowns are few"),
    ("key.rs", "nullif(", "the start reads every row once to find out which keys are in use"),
    ("key.rs", "not exists (select 1 from comments", "a nightly job that may read all author keys of a site"),
    ("queue_sql.rs", "order by -c.", "no index has comments of all statuses by score or reports"),
    ("stats.rs", "e.reverts is not null", "reverts are few"),
];

fn recorded() -> Vec<Ran> {
    let path = statements::file().expect("DUYET_TEST_STATEMENTS names the file");
    let lines = std::fs::read_to_string(path).unwrap();
    let all: BTreeSet<Ran> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    all.into_iter().collect()
}

/// Lists the tables of a statement by their aliases. Subqueries may use one alias for several tables.
fn tables<'s>(sql: &'s str, known: &BTreeSet<String>) -> BTreeMap<&'s str, BTreeSet<&'s str>> {
    let words: Vec<&str> =
        sql.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|word| !word.is_empty()).collect();
    let mut names: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (at, word) in words.iter().enumerate() {
        if at > 0 && matches!(words[at - 1], "from" | "join" | "update" | "into") && known.contains(*word) {
            let alias = words.get(at + 1).filter(|next| **next == "as").map_or(at + 1, |_| at + 2);
            names.entry(*word).or_default().insert(*word);
            if let Some(alias) = words.get(alias) {
                names.entry(*alias).or_default().insert(*word);
            }
        }
    }
    names
}

/// Lists the steps of SQLite's plan that read a whole large table, or all of a site's rows.
fn sqlite_faults(plan: &[String], tables: &BTreeMap<&str, BTreeSet<&str>>, sql: &str) -> Vec<String> {
    let is_stopped = sql.contains("limit") && !plan.iter().any(|step| step.contains("TEMP B-TREE"));
    let derived = |name: &str| {
        plan.iter().any(|step| step.strip_prefix("CO-ROUTINE ").or(step.strip_prefix("MATERIALIZE ")) == Some(name))
    };
    let is_fault = |step: &&String| {
        let words: Vec<&str> = step.split(' ').collect();
        if words[0] == "SCAN" && words.len() == 2 && derived(words[1]) {
            return false;
        }
        let is_large = |tables: &BTreeSet<&str>| tables.iter().all(|table| LARGE.contains(table));
        if !words.get(1).and_then(|name| tables.get(*name)).is_some_and(is_large) {
            return false;
        }
        let is_partial = words.iter().any(|word| PARTIAL.contains(word));
        words[0] == "SCAN" || (step.ends_with("(site_id=?)") && !is_partial && !is_stopped)
    };
    plan.iter().filter(is_fault).cloned().collect()
}

/// Lists the steps of PostgreSQL's plan that are faults, like [`sqlite_faults`].
fn postgres_faults(plan: &[String]) -> Vec<String> {
    let is_stopped = plan.iter().any(|step| step.contains("Limit")) && !plan.iter().any(|step| step.contains("Sort"));
    let mut faults = Vec::new();
    for (at, step) in plan.iter().enumerate() {
        let words: Vec<&str> = step.split_whitespace().filter(|word| *word != "->").collect();
        let on = words.iter().position(|word| *word == "on").and_then(|on| words.get(on + 1));
        if !on.is_some_and(|table| LARGE_IN_POSTGRES.contains(table)) {
            continue;
        }
        if words.starts_with(&["Seq", "Scan"]) {
            faults.push(step.clone());
        } else if words[0] == "Index" || words[0] == "Bitmap" && words[1] == "Index" {
            let condition = plan.get(at + 1).map_or("", |next| next.trim());
            let is_partial = words.iter().any(|word| PARTIAL.contains(word));
            let is_site_alone = condition.starts_with("Index Cond: (site_id = ")
                || condition.starts_with("Index Cond: ((site_id)::text = ");
            if (!condition.starts_with("Index Cond") || is_site_alone) && !is_partial && !is_stopped {
                faults.push(format!("{step} {condition}"));
            }
        }
    }
    faults
}

async fn explain_postgres(home: &Home, sql: &str) -> Result<Vec<String>, sqlx::Error> {
    let mut connection = PgConnection::connect_with(&home.pg().connect_options()).await?;
    let parameters = (1..=60).rev().find(|n| sql.contains(&format!("${n}"))).unwrap_or(0);
    let given = if parameters == 0 { String::new() } else { format!("({})", vec!["null"; parameters].join(", ")) };
    let prepare = format!("set enable_seqscan = off; set plan_cache_mode = force_generic_plan; prepare asked as {sql}");
    sqlx::raw_sql(AssertSqlSafe(prepare)).execute(&mut connection).await?;
    let rows =
        sqlx::raw_sql(AssertSqlSafe(format!("explain execute asked {given}"))).fetch_all(&mut connection).await?;
    connection.close().await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

async fn explain(home: &Home, sql: &str) -> Result<Vec<String>, sqlx::Error> {
    if home.is_postgres() {
        return explain_postgres(home, sql).await;
    }
    let mut steps = Vec::new();
    for part in sql.split(';').filter(|part| !part.trim().is_empty()) {
        steps.extend(home.plan(part).await?);
    }
    Ok(steps)
}

/// Lists the file and the line of every statement in the store's source code.
fn written() -> BTreeSet<(String, u64)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut places = BTreeSet::new();
    for file in source("store") {
        let name = file.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
        for (line, text) in (1..).zip(code(&file).lines()) {
            let is_written = ["Statement::new(", "Statement::insert(", "Statement::insert_rows(", " trace(Dialect::"]
                .iter()
                .any(|call| text.contains(call) && !text.trim_start().starts_with("//"));
            if is_written {
                places.insert((name.clone(), line));
            }
        }
    }
    places
}

/// Fills the tables as they are after some time of use, because PostgreSQL's plans depend on how many rows a condition
/// selects.
const FILLED: &str = "
    set session_replication_role = replica;
    create temp table n as select 'site-' || n % 3 as site_id, n, md5(n::text)::uuid as id, decode(md5((n / 5)::text), 'hex') as hash,
        timestamptz '2026-11-01' + n * interval '1 minute' as at from generate_series(1, 20000) n;
    insert into articles (site_id, article_id, title, url, revision, public_count, created_at)
        select site_id, 'a' || n, '', '', 1, 0, at from n where n % 50 = 0;
    insert into comments (site_id, comment_id, article_id, parent_id, author_name, title, content, status, revision, created_at,
            published_at, reviewed_at, flagged_at, due_at, reply_count, device, address, prefix, author, fingerprint, folded, findings,
            spam_score, open_reports)
        select site_id, id, 'a' || n / 50 * 50, case when n % 3 = 0 then md5((n / 9 * 9)::text)::uuid end, 'x', 'x', 'x',
            case when n % 10 = 0 then 'PENDING' when n % 10 = 1 then 'SPAM' else 'APPROVED' end, 1, at,
            case when n % 10 > 1 then at end, case when n % 2 = 0 then at end, case when n % 100 = 0 then at end,
            case when n % 500 = 0 then at end, 0, hash, hash, hash, encode(hash, 'hex'), hash, 'x', '[]', n % 100 / 100.0, n % 7 / 6 from n;
    insert into audit (site_id, audit_id, at, actor, action, comment_id, article_id, from_status, to_status, revision, note, batch_id,
            reverts, ban_id)
        select site_id, id, at, 'm' || n % 10, 'APPROVE', id, 'a1', 'PENDING', 'APPROVED', 2, '',
            case when n % 3 = 0 then md5((n / 90)::text)::uuid end, case when n % 50 = 0 then id end, case when n % 50 = 0 then id end from n;
    insert into requests (site_id, request_id, nonce, payload_hash, response, made_by, created_at)
        select site_id, id, hash || int4send(n), hash, '', id, at from n;
    insert into changes (site_id, seq, kind, comment_id, article_id, revision, at)
        select site_id, n, 'CASE_CHANGED', id, 'a1', 1, at from n;
    insert into reports (site_id, comment_id, reporter, note, created_at)
        select site_id, id, hash, '', at from n where n % 20 = 0;
    insert into notes (site_id, note_id, comment_id, at, actor, text) select site_id, id, id, at, 'm', '' from n where n % 20 = 0;
    insert into claims (site_id, comment_id, moderator, expires_at)
        select site_id, id, 'm' || n % 10, at from n where n % 200 = 0;
    insert into bans (site_id, ban_id, subject_kind, subject, effect, reason, note, created_by, created_at, expires_at, comment_id, revoked_by)
        select site_id, id, 'DEVICE', hash, 'HOLD', 'SPAM_AD', '', 'm', at, at, id, '' from n where n % 10 = 0;
    insert into audit_notes (site_id, audit_id, comment_id, ban_id, note)
        select site_id, id, id, case when n % 100 = 0 then id end, '' from n where n % 10 = 0;
    insert into author_keys (site_id, earlier, author) select site_id, 'e' || n, 'a' || n from n where n % 10 = 0;
    analyze;";

#[tokio::test]
#[ignore = "explains what a whole run of the tests recorded: tests/run does this last"]
async fn every_statement_of_the_store_uses_an_index() {
    let recorded = recorded();
    let ran: BTreeSet<_> = recorded.iter().map(|one| (one.file.clone(), one.line)).collect();
    let missing: Vec<_> = written().difference(&ran).cloned().collect();
    let mut faults = Vec::new();
    for home in [Home::sqlite().await, Home::postgres().await] {
        let (dialect, of_schema) = if home.is_postgres() {
            ("Postgres", "select table_name::text from information_schema.tables where table_schema = 'public'")
        } else {
            ("Sqlite", "select name from sqlite_schema where type = 'table'")
        };
        let known: BTreeSet<String> = home.texts(of_schema).await.into_iter().collect();
        if home.is_postgres() {
            home.execute(FILLED).await.unwrap();
        }
        for one in recorded.iter().filter(|one| one.dialect == dialect) {
            let allowed = |(file, part, _): &&(&str, &str, &str)| one.file.contains(file) && one.sql.contains(part);
            // The queue's filters are planned for their values, and have tests of their own.
            let is_planned_for_values = home.is_postgres() && one.file.ends_with("queue_sql.rs");
            if is_planned_for_values || KNOWN.iter().any(|known| allowed(&known)) {
                continue;
            }
            let plan = explain(&home, &one.sql).await;
            let plan = plan.unwrap_or_else(|error| vec![format!("Seq Scan on: {error}")]);
            let found = if home.is_postgres() {
                postgres_faults(&plan)
            } else {
                sqlite_faults(&plan, &tables(&one.sql, &known), &one.sql)
            };
            if !found.is_empty() {
                faults.push(format!("{dialect} {}:{}\n  {}\n  {}", one.file, one.line, found.join("\n  "), one.sql));
            }
        }
    }
    assert!(
        missing.is_empty() && faults.is_empty(),
        "no test runs these statements: {missing:?}; these read too many rows:\n{}",
        faults.join("\n")
    );
}
