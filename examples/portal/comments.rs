//! The list under the article. Texts stay plain text here; the template escapes them.

use std::fmt::Write as _;

use chrono::{DateTime, SecondsFormat, Utc};
use duyet_proto::v1::{Comment, CommentStatus, ListCommentsResponse};
use serde::Serialize;

use crate::{clock, read_count::grouped};

/// One comment as the page shows it.
#[derive(Serialize)]
pub(crate) struct Shown {
    id: String,
    name: String,
    title: String,
    content: String,
    /// For `<time datetime>`.
    at: String,
    at_text: String,
    at_full: String,
    own: bool,
    pending: bool,
    /// What stands in the place of a comment that was taken down.
    gone: &'static str,
    /// Link that opens the form as an answer to this one. Empty where no answer is possible.
    reply: String,
    /// Readers may find it wrong, other than its writer.
    report: bool,
    replies: Vec<Shown>,
    more_replies: String,
}

/// A page of the list.
#[derive(Serialize, Default)]
pub(crate) struct List {
    pub(crate) comments: Vec<Shown>,
    pub(crate) total: String,
    /// Link to the next page, or empty.
    pub(crate) more: String,
    /// This is not the list's beginning: show the way back.
    pub(crate) further: bool,
    /// The replies of one comment, which stands above them.
    pub(crate) root: Option<Shown>,
    /// The service did not answer: the article is readable all the same.
    pub(crate) failed: bool,
}

impl List {
    /// `root` is given on the page of one comment's replies. A closed article offers no answers.
    pub(crate) fn new(answer: ListCommentsResponse, root: Option<Comment>, open: bool, now: DateTime<Utc>) -> Self {
        let more = match (&root, answer.next_page_token.as_str()) {
            (_, "") => String::new(),
            (Some(root), token) => replies_link(&root.id, token),
            (None, token) => format!("/?trang={}#binh-luan", encode(token)),
        };
        Self {
            comments: answer.comments.into_iter().map(|comment| show(comment, open, now)).collect(),
            total: grouped(u64::try_from(answer.total_count).unwrap_or_default()),
            more,
            further: false,
            root: root
                .map(|root| show(Comment { replies: vec![], next_reply_page_token: String::new(), ..root }, open, now)),
            failed: false,
        }
    }
}

fn show(comment: Comment, open: bool, now: DateTime<Utc>) -> Shown {
    let status = comment.status();
    let at = clock::from_wire(comment.published_at.or(comment.created_at));
    let public = status == CommentStatus::Approved;
    let more_replies = match comment.next_reply_page_token.as_str() {
        "" => String::new(),
        token => replies_link(&comment.id, token),
    };
    Shown {
        at: at.map(|at| at.to_rfc3339_opts(SecondsFormat::Secs, true)).unwrap_or_default(),
        at_text: at.map(|at| clock::relative(at, now)).unwrap_or_default(),
        at_full: at.map(clock::absolute).unwrap_or_default(),
        own: comment.own,
        pending: status == CommentStatus::Pending,
        gone: match status {
            CommentStatus::Approved | CommentStatus::Pending => "",
            CommentStatus::Erased => "Bình luận đã được xóa theo yêu cầu của người viết.",
            _ => "Bình luận này đã bị gỡ.",
        },
        reply: if open && public { format!("/?tra-loi={}#viet-binh-luan", encode(&comment.id)) } else { String::new() },
        report: public && !comment.own,
        id: comment.id,
        name: comment.author_name,
        title: comment.title,
        content: comment.content,
        replies: comment.replies.into_iter().map(|reply| show(reply, open, now)).collect(),
        more_replies,
    }
}

/// One comment with its replies from the first on.
pub(crate) fn thread_link(root: &str) -> String {
    format!("/?cua={}#binh-luan", encode(root))
}

fn replies_link(root: &str, token: &str) -> String {
    format!("/?cua={}&trang={}#binh-luan", encode(root), encode(token))
}

/// Tokens are opaque: whatever letters they have, they pass through an address unchanged.
fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}
