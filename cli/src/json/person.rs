//! What is kept of a person, and its end.

use serde::Serialize;

use super::{comment::Comment, present, rfc3339};
use crate::names;
use duyet_proto::v1;

/// One line of `export`: one of the two is null.
#[derive(Debug, Serialize)]
pub(crate) struct Exported {
    comment: Option<Comment>,
    report: Option<FiledReport>,
}

#[derive(Debug, Serialize)]
pub(super) struct FiledReport {
    comment_id: String,
    reason: Option<&'static str>,
    note: Option<String>,
    created_at: Option<String>,
}

/// What `erase` emptied.
#[derive(Debug, Serialize)]
pub(crate) struct Erased {
    comments: i64,
    reports: i64,
    batch_id: String,
}

impl From<v1::ExportAuthorResponse> for Exported {
    fn from(exported: v1::ExportAuthorResponse) -> Self {
        Self { comment: exported.comment.map(Comment::from), report: exported.report.map(FiledReport::from) }
    }
}

impl From<v1::FiledReport> for FiledReport {
    fn from(report: v1::FiledReport) -> Self {
        Self {
            reason: names::reason(report.reason),
            created_at: rfc3339(report.created_at.as_ref()),
            comment_id: report.comment_id,
            note: present(report.note),
        }
    }
}

impl From<v1::EraseAuthorResponse> for Erased {
    fn from(erased: v1::EraseAuthorResponse) -> Self {
        Self { comments: erased.erased, reports: erased.reports, batch_id: erased.batch_id }
    }
}
