//! Parses and checks the filters of lists.

use std::{fmt::Display, str::FromStr};

use duyet_proto::v1;
use uuid::Uuid;

use crate::{
    domain::{
        form,
        id::{ArticleId, parse_uuid},
        lifecycle::Status,
        queue::{QueueFilter, QueueOrder},
        search::Search,
        spam::Rule,
        violation::{Problem, Violations},
    },
    grpc::convert::values::from_status,
};

/// Longest text in a filter, in bytes.
const MAX_FILTER_BYTES: usize = 200;

pub(super) fn queue_filter(filter: v1::QueueFilter, violations: &mut Violations) -> QueueFilter {
    let asked = filter.status.len();
    let mut status: Vec<Status> = filter.status.into_iter().filter_map(from_status).collect();
    if status.len() != asked {
        violations.add("filter.status", Problem::UnknownValue);
    }
    status.sort_unstable();
    status.dedup();
    let article = optional_article(&filter.article_id, violations);
    let scores = [filter.min_score, filter.max_score];
    if scores.iter().flatten().any(|score| !(0.0..=1.0).contains(score)) {
        violations.add("filter.min_score", Problem::OutOfRange);
    }
    QueueFilter {
        status,
        article,
        query: search(filter.query, filter.ignore_marks, violations),
        among: None,
        unindexed: None,
        rule: named(&filter.rule, "filter.rule", Rule::ALL, violations).map(|rule| rule.as_str().to_owned()),
        author: short_text(filter.author, "filter.author", violations),
        min_score: filter.min_score,
        max_score: filter.max_score,
        unreviewed: filter.unreviewed,
        claimed: filter.claimed,
        reported: filter.reported,
        campaign_of: form::check_optional_comment(&filter.campaign_of, "filter.campaign_of", violations),
    }
}

fn search(query: String, ignore_marks: bool, violations: &mut Violations) -> Option<Search> {
    let query = short_text(query, "filter.query", violations)?;
    if query.trim().is_empty() {
        return None;
    }
    violations.take("filter.query", Search::parse(&query, ignore_marks), Problem::NoWord)
}

pub(super) fn from_queue_order(number: i32) -> Option<QueueOrder> {
    match v1::QueueOrder::try_from(number).ok()? {
        v1::QueueOrder::Oldest => Some(QueueOrder::Oldest),
        v1::QueueOrder::Newest => Some(QueueOrder::Newest),
        v1::QueueOrder::Score => Some(QueueOrder::Score),
        v1::QueueOrder::Reports => Some(QueueOrder::Reports),
        v1::QueueOrder::Due => Some(QueueOrder::Due),
        v1::QueueOrder::Unspecified => None,
    }
}

/// Checks the text of a filter field; an empty text becomes `None`. Reports a text over [`MAX_FILTER_BYTES`].
pub(super) fn short_text(value: String, field: &'static str, violations: &mut Violations) -> Option<String> {
    if value.len() > MAX_FILTER_BYTES {
        violations.add(field, Problem::TooManyBytes { limit: MAX_FILTER_BYTES, actual: value.len() });
    }
    (!value.is_empty()).then_some(value)
}

/// Parses the name of an enum value; an empty name becomes `None`. Reports an unknown name together with the nearest
/// known ones.
pub(super) fn named<T: FromStr + Display>(
    name: &str,
    field: &'static str,
    known: &[T],
    violations: &mut Violations,
) -> Option<T> {
    if name.is_empty() {
        return None;
    }
    let found = name.parse().ok();
    if found.is_none() {
        let known: Vec<_> = known.iter().map(ToString::to_string).collect();
        let known: Vec<_> = known.iter().map(String::as_str).collect();
        violations.add(field, Problem::unknown_name(name, &known));
    }
    found
}

pub(super) fn optional_article(id: &str, violations: &mut Violations) -> Option<ArticleId> {
    if id.is_empty() { None } else { form::check_article(id, violations) }
}

pub(super) fn optional_uuid(id: &str, field: &'static str, violations: &mut Violations) -> Option<Uuid> {
    if id.is_empty() { None } else { violations.take(field, parse_uuid(id), Problem::NotAUuid) }
}
