//! PostgreSQL's query plans of the service's statements, as logged by `auto_explain`.

use std::{collections::BTreeMap, fmt::Write as _, path::Path};

use crate::baselines::Postgres;

/// Share of statements that are explained: enough for each kind, too few to affect the results.
const SAMPLE: &str = "0.05";

/// Makes new sessions of a database explain some of their statements.
pub(crate) fn ask(postgres: &Postgres, database: &str) -> anyhow::Result<()> {
    for (setting, value) in
        [("log_min_duration", "0"), ("log_analyze", "on"), ("log_timing", "off"), ("sample_rate", SAMPLE)]
    {
        postgres.psql("postgres", &format!("alter database {database} set auto_explain.{setting} = '{value}'"))?;
    }
    Ok(())
}

/// Writes one plan of each statement on the comments table to `bench-plans.md`.
pub(crate) fn write(log: &Path, heading: &str) -> anyhow::Result<()> {
    let mut plans = BTreeMap::new();
    for entry in entries(&std::fs::read_to_string(log)?) {
        if let Some((statement, plan)) = entry.trim().strip_prefix("Query Text: ").and_then(split) {
            plans.entry(statement).or_insert(plan);
        }
    }
    let mut text = format!("# Plans\n\n{heading}\n");
    for (statement, plan) in plans.iter().filter(|(statement, _)| statement.contains("comments")) {
        write!(text, "\n```sql\n{}\n```\n\n```\n{}\n```\n", shortened(statement), plan.trim_end())?;
    }
    Ok(std::fs::write("bench-plans.md", text)?)
}

/// Returns the indented text after each "plan:" of the log.
fn entries(log: &str) -> impl Iterator<Item = String> {
    log.split("plan:\n").skip(1).map(|rest| {
        let lines = rest.lines().take_while(|line| line.starts_with(['\t', ' ']) || line.is_empty());
        lines.map(|line| line.strip_prefix('\t').unwrap_or(line)).collect::<Vec<_>>().join("\n")
    })
}

/// Splits an entry into its statement, which may have several lines, and its plan, which begins with the first line
/// that has a cost.
fn split(entry: &str) -> Option<(String, String)> {
    let lines: Vec<&str> = entry.lines().collect();
    let plan = lines.iter().position(|line| line.contains("(cost="))?;
    let statement: Vec<&str> = lines[..plan].iter().flat_map(|line| line.split_whitespace()).collect();
    Some((statement.join(" "), lines[plan..].join("\n")))
}

/// Returns the statement without most column names.
fn shortened(statement: &str) -> String {
    match statement.split_once(" from comments c ") {
        Some((columns, rest)) if columns.len() > 200 => format!("select … from comments c {rest}"),
        _ => statement.to_owned(),
    }
}
