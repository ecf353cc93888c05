//! Results of the items of a batch.

use duyet_locale::Locale;
use duyet_proto::v1;
use prost::Message as _;
use tonic_types::pb;

use super::{convert::case::to_comment, status};
use crate::domain::{
    Error,
    comment::Comment,
    decision::{DecisionError, Settled},
    id::CommentId,
    revert::Reverted,
};

/// Converts the result for one comment of a bulk decision.
pub(super) fn to_settled_item(id: CommentId, settled: Settled, locale: Locale) -> v1::ItemResult {
    let (changed, entry) = match &settled.result {
        Ok(answer) => (answer.changed, answer.last_change.decision),
        Err(_) => (false, None),
    };
    v1::ItemResult {
        comment_id: id.to_string(),
        status: Some(to_item_status(settled.result.err(), locale)),
        comment: settled.comment.map(to_item_comment),
        changed,
        decision_id: entry.map(|id| id.to_string()).unwrap_or_default(),
        ban_id: String::new(),
    }
}

/// Converts the result for one comment or ban of a revert.
pub(super) fn to_reverted_item(item: Reverted, locale: Locale) -> v1::ItemResult {
    let entry = item.result.as_ref().ok();
    v1::ItemResult {
        comment_id: item.subject.comment().map(|id| id.to_string()).unwrap_or_default(),
        ban_id: item.subject.ban().map(|id| id.to_string()).unwrap_or_default(),
        changed: entry.is_some(),
        decision_id: entry.map(ToString::to_string).unwrap_or_default(),
        status: Some(to_item_status(item.result.err(), locale)),
        comment: item.comment.map(to_item_comment),
    }
}

/// Removes the comment's texts, because a response with hundreds of texts could exceed the clients' size limit.
fn to_item_comment(comment: Comment) -> v1::Comment {
    let none = String::new;
    to_comment(Comment { author_name: none(), title: none(), content: none(), ..comment })
}

/// Returns the status that a separate call for this item would have returned; OK without an error.
fn to_item_status(error: Option<DecisionError>, locale: Locale) -> pb::Status {
    let Some(error) = error else { return pb::Status::default() };
    let status = status::to_status(&Error::from(error), locale);
    let whole = pb::Status { code: status.code().into(), message: status.message().to_owned(), details: vec![] };
    // The details of a gRPC status are an encoded `google.rpc.Status`, so decoding them gives the complete status.
    pb::Status::decode(status.details()).unwrap_or(whole)
}

#[cfg(test)]
mod tests {
    use tonic_types::StatusExt as _;

    use super::*;

    #[test]
    fn an_items_status_equals_that_of_a_separate_call() {
        let error = DecisionError::AlreadyReverted;
        let item = to_item_status(Some(error.clone()), Locale::En);
        let call = status::to_status(&error.into(), Locale::En);
        assert_eq!((item.code, item.message.as_str()), (call.code().into(), call.message()));
        assert_eq!(item.encode_to_vec(), call.details());
        assert!(call.get_details_error_info().is_some());
        assert_eq!(to_item_status(None, Locale::En), pb::Status::default());
    }
}
