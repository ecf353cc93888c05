//! No PostgreSQL statement may lock and change the same rows. If a concurrent transaction changed a row, such a
//! statement follows the row from its old version and waits while it holds the row's lock. It then deadlocks with
//! inserts whose foreign key locks that row.

use std::{collections::BTreeSet, path::Path};

/// Lists the words of a piece of source in lower case without punctuation; `;` ends a Rust statement.
fn words(source: &str) -> Vec<String> {
    let separated = source.to_lowercase().replace([',', '(', ')', '"', '#', '{', '}'], " ");
    separated.split_whitespace().map(str::to_owned).collect()
}

/// Lists tables with the aliases that `from` and `join` give them. A table without an alias has its own name.
fn tables(words: &[String]) -> Vec<(&str, &str)> {
    let name = |n: usize| {
        words.get(n).map(String::as_str).filter(|word| word.chars().all(|c| c.is_ascii_lowercase() || c == '_'))
    };
    let found = (0..words.len()).filter(|n| matches!(words[*n].as_str(), "from" | "join"));
    let keywords = ["where", "using", "on", "for", "order", "limit", "join", "left", "cross", "set", "select"];
    let pair = |n: usize| {
        let table = name(n + 1)?;
        Some((name(n + 2).filter(|alias| !keywords.contains(alias)).unwrap_or(table), table))
    };
    found.filter_map(pair).collect()
}

/// Lists the tables whose rows a statement locks: those of the select before the lock, or the one that `of` names.
fn locked(words: &[String]) -> BTreeSet<&str> {
    let mut locked = BTreeSet::new();
    for at in 0..words.len() {
        let rest: Vec<&str> = words[at..].iter().take(4).map(String::as_str).collect();
        let length = match rest[..] {
            ["for", "no", "key", "update", ..] => 4,
            ["for", "key", "share", ..] => 3,
            ["for", "update" | "share", ..] => 2,
            _ => continue,
        };
        let start = words[..at].iter().rposition(|word| word == "select").unwrap_or_default();
        let of = (words.get(at + length).map(String::as_str) == Some("of")).then(|| words[at + length + 1].as_str());
        let select = tables(&words[start..at]);
        locked.extend(select.into_iter().filter(|(alias, _)| of.is_none_or(|of| of == *alias)).map(|(_, table)| table));
    }
    locked
}

/// Lists the tables whose rows a statement changes or deletes.
fn changed(words: &[String]) -> BTreeSet<&str> {
    let after = |n: usize| words.get(n).map(String::as_str);
    let target = |n: usize| match words[n].as_str() {
        "update" if n == 0 || !["for", "key", "do"].contains(&words[n - 1].as_str()) => after(n + 1),
        "delete" if after(n + 1) == Some("from") => after(n + 2),
        _ => None,
    };
    (0..words.len()).filter_map(target).collect()
}

fn locks_changed_rows(statement: &str) -> bool {
    let words = words(statement);
    let (locked, changed) = (locked(&words), changed(&words));
    !locked.is_disjoint(&changed)
}

#[test]
fn statements_that_lock_the_rows_they_change_are_recognised() {
    for guilty in [
        "with l as (select a.article_id from articles a join unnest($2::text[]) i (article_id) using (article_id)
            order by a.article_id for no key update of a) update articles a set title = '' from l",
        "with held as (select k.comment_id from claims k where k.site_id = $1 for update) delete from claims k using held",
        "delete from requests where ctid = any (array(select ctid from requests where created_at < $1 for update skip locked))",
    ] {
        assert!(locks_changed_rows(guilty), "{guilty}");
    }
    for innocent in [
        "select c.comment_id from comments c where c.site_id = $1 order by c.comment_id for no key update",
        "with held as (select k.comment_id from claims k join comments c using (comment_id) order by c.comment_id
            for no key update of c) delete from claims k using held",
        "with waiting as (select c.comment_id from comments c for no key update) update claims k set expires_at = $4 from waiting",
        "update articles a set title = $1 where a.article_id = $2",
    ] {
        assert!(!locks_changed_rows(innocent), "{innocent}");
    }
}

#[test]
fn no_statement_of_the_store_locks_the_rows_that_it_changes() {
    let store = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store");
    let files = ["postgres", "sql"].map(|folder| store.join(folder).read_dir().unwrap());
    let mut statements = 0;
    for file in files.into_iter().flatten() {
        let path = file.unwrap().path();
        let source = std::fs::read_to_string(&path).unwrap();
        // Splits the Rust source into items and statements. No SQL of the store has a semicolon at the end of a line.
        for statement in source.split(";\n") {
            statements += usize::from(!changed(&words(statement)).is_empty());
            assert!(!locks_changed_rows(statement), "{}: {statement}", path.display());
        }
    }
    assert!(statements > 30, "only {statements} statements that change rows were found");
}
