//! Messages as canonical proto3 JSON: lowerCamelCase keys, enums by their full names, 64-bit integers as strings, times as
//! RFC 3339, durations as `"3.5s"`, error details with their `@type`.

use std::sync::LazyLock;

use prost::{Message, Name};
use prost_reflect::{DescriptorPool, DynamicMessage, SerializeOptions};
use serde::{Serialize, Serializer, ser::Error as _};
use tonic_types::pb;

use crate::DESCRIPTORS;

/// Fields that are empty, zero or false are printed, so that a script finds every list it reads; only absent messages and
/// absent `optional` fields are left out.
const OPTIONS: SerializeOptions = SerializeOptions::new().skip_default_fields(false);

static POOL: LazyLock<Result<DescriptorPool, String>> =
    LazyLock::new(|| DescriptorPool::decode(DESCRIPTORS).map_err(|error| error.to_string()));

/// The canonical JSON of one message, for any serializer.
#[derive(Debug)]
pub struct Json {
    name: String,
    encoded: Vec<u8>,
}

impl Json {
    /// Returns the JSON of a message of the contract.
    pub fn new<M: Name>(message: &M) -> Self {
        Self { name: M::full_name(), encoded: message.encode_to_vec() }
    }

    /// Returns the JSON of an error, whose details must be of the contract.
    pub fn status(status: &pb::Status) -> Self {
        Self { name: "google.rpc.Status".to_owned(), encoded: status.encode_to_vec() }
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let pool = POOL.as_ref().map_err(S::Error::custom)?;
        let descriptor = pool.get_message_by_name(&self.name);
        let descriptor = descriptor.ok_or_else(|| S::Error::custom(format!("no message {}", self.name)))?;
        let message = DynamicMessage::decode(descriptor, self.encoded.as_slice()).map_err(S::Error::custom)?;
        message.serialize_with_options(serializer, &OPTIONS)
    }
}

#[cfg(test)]
mod tests {
    use prost_types::{Any, Duration, Timestamp};
    use serde_json::{Value, json};

    use super::*;
    use crate::v1;

    fn value(json: &Json) -> Value {
        serde_json::to_value(json).unwrap()
    }

    #[test]
    fn values_have_the_canonical_form() {
        let stats = v1::GetStatsResponse {
            since: Some(Timestamp { seconds: 1_777_622_400, nanos: 120_000_000 }),
            submitted: vec![v1::StatusCount { status: v1::CommentStatus::Spam.into(), count: 1 << 53 }],
            waiting_age_p50: Some(Duration { seconds: 3, nanos: 500_000_000 }),
            ..Default::default()
        };
        let json = value(&Json::new(&stats));
        assert_eq!(json["since"], "2026-05-01T08:00:00.120Z");
        assert_eq!(json["submitted"], json!([{"status": "COMMENT_STATUS_SPAM", "count": "9007199254740992"}]));
        assert_eq!(json["waitingAgeP50"], "3.500s");
    }

    #[test]
    fn empty_lists_are_printed_and_absent_messages_are_not() {
        let json = value(&Json::new(&v1::ListQueueResponse::default()));
        assert_eq!(json.to_string(), r#"{"cases":[],"nextPageToken":"","total":"0"}"#);
        let json = value(&Json::new(&v1::DecideResponse::default()));
        assert_eq!((json.get("comment"), &json["changed"]), (None, &Value::Bool(false)));
    }

    #[test]
    fn error_details_bear_their_type() {
        let info = pb::ErrorInfo { reason: "STALE_REVISION".into(), ..Default::default() };
        let type_url = "type.googleapis.com/google.rpc.ErrorInfo".to_owned();
        let detail = Any { type_url: type_url.clone(), value: info.encode_to_vec() };
        let status = pb::Status { code: 10, message: String::new(), details: vec![detail] };
        let result = v1::ItemResult { status: Some(status.clone()), ..Default::default() };
        let json = value(&Json::new(&result));
        assert_eq!(json["status"], value(&Json::status(&status)));
        let detail = &json["status"]["details"][0];
        assert_eq!((&detail["@type"], &detail["reason"]), (&json!(type_url), &json!("STALE_REVISION")));
    }

    #[test]
    fn what_the_contract_does_not_have_is_an_error() {
        let detail = Any { type_url: "type.googleapis.com/other.Message".into(), value: vec![] };
        let status = pb::Status { details: vec![detail], ..Default::default() };
        assert!(serde_json::to_value(Json::status(&status)).is_err());
    }
}
