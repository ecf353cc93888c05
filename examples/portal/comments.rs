//! The list of comments under the article. Texts are plain text here; the template escapes them.

use std::fmt::Write as _;

use chrono::{DateTime, SecondsFormat, Utc};
use duyet_proto::v1::{Comment, CommentStatus, ListCommentsResponse};
use serde::Serialize;

use crate::{clock, read_count::grouped};

/// A comment as the page shows it.
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
    /// The text shown in place of a comment that was removed.
    gone: &'static str,
    /// Link that opens the form for a reply to this comment. Empty if it cannot be replied to.
    reply: String,
    /// True if readers other than its author can report it.
    report: bool,
    replies: Vec<Shown>,
    more_replies: String,
}

/// A page of the list of comments.
#[derive(Serialize, Default)]
pub(crate) struct List {
    pub(crate) comments: Vec<Shown>,
    pub(crate) total: String,
    /// Link to the next page, or empty.
    pub(crate) more: String,
    /// True if this is not the first page, so that the page links to it.
    pub(crate) further: bool,
    /// True if the list contains the replies of one comment.
    pub(crate) root: Option<Shown>,
    /// True if the service did not respond. The article is shown without comments.
    pub(crate) failed: bool,
}

impl List {
    /// Converts a page of comments. `root` is set for the replies of one comment. A closed article has no reply links.
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

pub(crate) fn thread_link(root: &str) -> String {
    format!("/?cua={}#binh-luan", encode(root))
}

fn replies_link(root: &str, token: &str) -> String {
    format!("/?cua={}&trang={}#binh-luan", encode(root), encode(token))
}

/// Escapes a token for a URL. Tokens are opaque, so any character may occur.
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
