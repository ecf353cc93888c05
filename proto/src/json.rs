//! Messages as canonical proto3 JSON: lowerCamelCase keys, enums by their full names, 64-bit integers as strings, times
//! as RFC 3339, durations as `"3.5s"`, error details with their `@type`.

use std::sync::LazyLock;

use prost::{Message, Name};
use prost_reflect::{DescriptorPool, DynamicMessage, ReflectMessage as _, SerializeOptions, Value};
use serde::{Serialize, Serializer, ser::Error as _};
use tonic_types::pb;

use crate::DESCRIPTORS;

/// Prints fields even if they are empty, zero or false, so that scripts find every list that they read. Only absent
/// messages and absent `optional` fields are left out.
const OPTIONS: SerializeOptions = SerializeOptions::new().skip_default_fields(false);

static POOL: LazyLock<Result<DescriptorPool, String>> =
    LazyLock::new(|| DescriptorPool::decode(DESCRIPTORS).map_err(|error| error.to_string()));

/// The canonical JSON of one message, for any serializer. There is no `Debug`, because the message may contain secrets.
pub struct Json {
    name: String,
    encoded: Vec<u8>,
}

impl Json {
    /// Encodes a message of the contract.
    pub fn new<M: Name>(message: &M) -> Self {
        Self { name: M::full_name(), encoded: message.encode_to_vec() }
    }

    /// Encodes an error. Details whose type is not part of the contract are left out.
    pub fn status(status: &pb::Status) -> Self {
        Self { name: "google.rpc.Status".to_owned(), encoded: status.encode_to_vec() }
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let pool = POOL.as_ref().map_err(S::Error::custom)?;
        let descriptor = pool.get_message_by_name(&self.name);
        let descriptor = descriptor.ok_or_else(|| S::Error::custom(format!("no message {}", self.name)))?;
        let mut message = DynamicMessage::decode(descriptor, self.encoded.as_slice()).map_err(S::Error::custom)?;
        leave_out_unknown_details(&mut message, pool);
        message.serialize_with_options(serializer, &OPTIONS)
    }
}

/// Removes error details whose type is not part of the contract, which a newer service may send, because they cannot be
/// converted to JSON.
fn leave_out_unknown_details(message: &mut DynamicMessage, pool: &DescriptorPool) {
    let is_status = message.descriptor().full_name() == "google.rpc.Status";
    for (field, value) in message.fields_mut() {
        match value {
            Value::List(details) if is_status && field.name() == "details" => {
                details.retain(|detail| is_known(detail, pool));
            }
            Value::List(values) => values.iter_mut().for_each(|value| look_into(value, pool)),
            value => look_into(value, pool),
        }
    }
}

fn look_into(value: &mut Value, pool: &DescriptorPool) {
    if let Value::Message(message) = value {
        leave_out_unknown_details(message, pool);
    }
}

fn is_known(detail: &Value, pool: &DescriptorPool) -> bool {
    let url = detail.as_message().and_then(|any| any.get_field_by_name("type_url"));
    let url = url.as_deref().and_then(Value::as_str).unwrap_or_default();
    pool.get_message_by_name(url.rsplit('/').next().unwrap_or_default()).is_some()
}

#[cfg(test)]
mod tests {
    use prost_types::{Any, Duration, Timestamp};
    use serde_json::json;

    use super::*;
    use crate::v1;

    fn value(json: &Json) -> serde_json::Value {
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
        assert_eq!((json.get("comment"), &json["changed"]), (None, &json!(false)));
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
    fn details_that_the_contract_does_not_have_are_left_out() {
        let detail = Any { type_url: "type.googleapis.com/other.Message".into(), value: vec![] };
        let status = pb::Status { code: 3, details: vec![detail], ..Default::default() };
        let result = v1::ItemResult { status: Some(status), ..Default::default() };
        let json = value(&Json::new(&v1::BulkDecideResponse { results: vec![result], ..Default::default() }));
        assert_eq!(json["results"][0]["status"], json!({"code": 3, "message": "", "details": []}));
    }
}
