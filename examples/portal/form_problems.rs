//! Converts an error to messages for the reader, and to the changes that the form needs before it is sent again.

use duyet_proto::v1::ErrorReason;
use serde::Serialize;

use crate::service_error::ServiceError;

/// Messages next to their fields, and one above the form for all other problems.
#[derive(Serialize, Default)]
pub(crate) struct Problems {
    author_name: String,
    title: String,
    content: String,
    challenge_answer: String,
    pub(crate) notice: String,
}

/// The changes that a form needs after an error.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Repair {
    /// No change: the same request can be sent again.
    Resend,
    /// A new `request_id`, because the content will change. The image is still valid.
    Amend,
    /// A new `request_id` and a new image.
    NewImage,
    /// The form can no longer be sent.
    Closed,
}

/// Returns the changes that the form needs after an error, and adds the messages for the reader.
pub(crate) fn explain(error: &ServiceError) -> (Problems, Repair) {
    let mut problems = Problems::default();
    let (notice, repair) = match error.reason {
        ErrorReason::ValidationFailed => {
            for (field, text) in &error.fields {
                problems.note(field, text);
            }
            ("", Repair::Amend)
        }
        ErrorReason::CaptchaRequired
        | ErrorReason::CaptchaIncorrect
        | ErrorReason::CaptchaExpired
        | ErrorReason::CaptchaUsed
        | ErrorReason::CaptchaInvalid => {
            problems.challenge_answer = captcha_text(error);
            ("", Repair::NewImage)
        }
        ErrorReason::RateLimited => {
            problems.notice = wait_text(error);
            ("", Repair::Resend)
        }
        ErrorReason::Overloaded | ErrorReason::StorageUnavailable | ErrorReason::Deadline => (
            "Hệ thống đang bận nên chưa nhận được bình luận. Nội dung vẫn còn nguyên, bạn hãy bấm “Gửi bình luận” để thử lại.",
            Repair::Resend,
        ),
        // The image is still valid, and a reader banned by mistake keeps their text.
        ErrorReason::Banned => {
            problems.notice = banned_text(error);
            ("", Repair::Resend)
        }
        ErrorReason::ArticleClosed => ("", Repair::Closed),
        ErrorReason::CommentNotFound => {
            ("Bình luận bạn muốn trả lời không còn nữa. Bạn có thể gửi thành bình luận mới.", Repair::Amend)
        }
        ErrorReason::RequestIdReused => (
            "Biểu mẫu này đã được gửi trước đó. Hãy xem lại danh sách bình luận rồi gửi lại nếu cần.",
            Repair::NewImage,
        ),
        ErrorReason::MessageTooLarge => ("Bình luận quá dài. Bạn hãy rút ngắn rồi gửi lại.", Repair::Amend),
        _ => ("Chưa gửi được bình luận. Bạn hãy thử lại sau ít phút.", Repair::NewImage),
    };
    if !notice.is_empty() {
        notice.clone_into(&mut problems.notice);
    }
    (problems, repair)
}

impl Problems {
    /// The reader cannot correct an invisible field, so a general message above the form is used.
    fn note(&mut self, field: &str, text: &str) {
        let (place, text) = match field {
            "author_name" => (&mut self.author_name, text),
            "title" => (&mut self.title, text),
            "content" => (&mut self.content, text),
            "challenge_answer" => (&mut self.challenge_answer, text),
            _ => (&mut self.notice, "Biểu mẫu đã cũ hoặc bị hỏng. Bạn hãy gửi lại lần nữa."),
        };
        text.clone_into(place);
    }

    pub(crate) fn image(&mut self, text: &str) {
        text.clone_into(&mut self.challenge_answer);
    }
}

/// Returns the message about a limit, with the waiting time in words.
pub(crate) fn wait_text(error: &ServiceError) -> String {
    match error.wait.map(|wait| wait.as_secs() + u64::from(wait.subsec_nanos() > 0)) {
        Some(seconds) if seconds < 120 => format!("Bạn thao tác hơi nhanh. Vui lòng thử lại sau {seconds} giây."),
        Some(seconds) => format!("Bạn thao tác hơi nhanh. Vui lòng thử lại sau {} phút.", seconds.div_ceil(60)),
        None => "Bạn thao tác hơi nhanh. Vui lòng thử lại sau ít phút.".to_owned(),
    }
}

fn captcha_text(error: &ServiceError) -> String {
    if error.message.is_empty() {
        "Mã chưa đúng. Bạn hãy nhập mã mới trong ảnh.".to_owned()
    } else {
        error.message.clone()
    }
}

/// Returns the service's message, which deliberately gives no details.
fn banned_text(error: &ServiceError) -> String {
    if error.message.is_empty() {
        "Hiện bạn chưa thể gửi bình luận ở đây.".to_owned()
    } else {
        error.message.clone()
    }
}
