//! "Báo cáo": reports by readers. The service counts each device once, and does not reveal the result of a report.

use std::sync::Arc;

use axum::{
    extract::{State, rejection::FormRejection},
    http::{HeaderMap, StatusCode, header},
    response::{AppendHeaders, IntoResponse as _, Redirect, Response},
};
use duyet_proto::v1::{ErrorReason, Reason, ReportCommentRequest};
use serde::Deserialize;

use crate::{
    form::new_request_id,
    portal::Portal,
    reader::{self, Reader},
    service_error::ServiceError,
};

/// The report form under a comment.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct ReportForm {
    comment_id: String,
    /// The name of a reason in the API, without its prefix.
    reason: String,
    note: String,
}

impl ReportForm {
    fn into_request(self, reader: &Reader) -> ReportCommentRequest {
        let reason = Reason::from_str_name(&format!("REASON_{}", self.reason)).unwrap_or_default();
        ReportCommentRequest {
            comment_id: self.comment_id,
            reason: reason.into(),
            note: self.note,
            client: Some(reader.client()),
            request_id: new_request_id(),
        }
    }
}

/// Sends the report and redirects to the comments, which show a message about it.
pub(crate) async fn report(
    State(portal): State<Arc<Portal>>,
    reader: Reader,
    headers: HeaderMap,
    form: Result<axum::Form<ReportForm>, FormRejection>,
) -> Response {
    // The form has no CSRF token, so this header is used to deny requests from other sites.
    if headers.get("sec-fetch-site").is_some_and(|site| site != "same-origin") {
        return (StatusCode::FORBIDDEN, "Báo cáo phải được gửi từ trang này.").into_response();
    }
    let form = match form {
        Ok(axum::Form(form)) => form,
        Err(rejection) => return (rejection.status(), "Biểu mẫu bị hỏng hoặc quá dài.").into_response(),
    };
    let flash = match portal.service.report_comment(form.into_request(&reader)).await {
        Ok(()) => "da-bao-cao",
        Err(error) => flash_of(&error),
    };
    let cookie = AppendHeaders([(header::SET_COOKIE, reader::flash_cookie(flash))]);
    (cookie, Redirect::to("/#binh-luan")).into_response()
}

fn flash_of(error: &ServiceError) -> &'static str {
    match error.reason {
        ErrorReason::ValidationFailed => "bao-cao-thieu",
        ErrorReason::RateLimited => "bao-cao-nhieu",
        ErrorReason::CommentNotFound => "bao-cao-cu",
        _ => "bao-cao-hong",
    }
}

pub(crate) fn alert_text(flash: &str) -> &'static str {
    match flash {
        "bao-cao-thieu" => "Báo cáo chưa được gửi. Khi chọn “Lý do khác”, bạn cần viết rõ lý do, tối đa 500 ký tự.",
        "bao-cao-nhieu" => "Bạn đã gửi khá nhiều báo cáo. Vui lòng thử lại sau ít phút.",
        "bao-cao-cu" => "Bình luận bạn muốn báo cáo không còn trên trang.",
        "bao-cao-hong" => "Chưa gửi được báo cáo. Bạn hãy thử lại sau ít phút.",
        _ => "",
    }
}
