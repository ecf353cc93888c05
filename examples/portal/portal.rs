//! The portal's state, and how it assembles a page.

use std::path::PathBuf;

use duyet_proto::v1::{ChallengeKind, ErrorReason, IssueChallengeResponse, ListCommentsRequest, Mode, Order};
use serde::Deserialize;

use crate::{
    article, clock,
    comments::{List, thread_link},
    config::Remote,
    form::Form,
    form_problems::{Problems, wait_text},
    page::{Page, Pages},
    read_count::{ReadCount, grouped},
    reader::{self, Reader},
    service::Service,
    service_error::ServiceError,
    widget::Widget,
};

/// The pages are small, so that the demonstration needs few comments to show several pages.
const COMMENTS_PER_PAGE: i32 = 10;

/// The kinds of challenge that the form supports without the widget. Trusted readers need no challenge.
pub(crate) const IMAGES: [ChallengeKind; 2] = [ChallengeKind::Image, ChallengeKind::NoneNeeded];

/// The part of the comments that a URL selects.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "kebab-case")]
pub(crate) struct Place {
    /// The comment that the form replies to.
    pub(crate) tra_loi: String,
    /// The page token.
    trang: String,
    /// Only the replies of this comment.
    cua: String,
}

/// The state shared by all requests.
pub(crate) struct Portal {
    pub(crate) service: Service,
    pub(crate) pages: Pages,
    pub(crate) url: String,
    pub(crate) widget: Option<Widget>,
    views: ReadCount,
}

impl Portal {
    pub(crate) fn new(
        remote: &Remote,
        url: String,
        views_file: Option<PathBuf>,
        widget: Option<Widget>,
    ) -> anyhow::Result<Self> {
        Ok(Self {
            service: Service::new(remote)?,
            pages: Pages::new()?,
            url,
            widget,
            views: ReadCount::open(views_file),
        })
    }

    /// Returns the page without its form, which the caller adds. `None` for a URL that is no longer valid, such as an
    /// old page token. If the service does not respond, the mode is unknown and the form stays.
    pub(crate) async fn page(&self, reader: &Reader, place: &Place, counts: bool) -> Option<(Page, Mode)> {
        let views = grouped(self.views.visit(counts).await);
        let (list, mode) = match self.list(reader, place).await {
            Ok(found) => found,
            Err(error) if leads_nowhere(&error) && place.is_further() => return None,
            Err(_) => (List { failed: true, ..List::default() }, Mode::Unspecified),
        };
        Some((Page::new(views, list, mode == Mode::Hidden), mode))
    }

    async fn list(&self, reader: &Reader, place: &Place) -> Result<(List, Mode), ServiceError> {
        let root = if place.cua.is_empty() { None } else { self.service.get_comment(&place.cua, reader).await? };
        let order = if root.is_some() { Order::Oldest } else { Order::Newest };
        let request = ListCommentsRequest {
            article_id: article::ID.to_owned(),
            parent_id: place.cua.clone(),
            order: order.into(),
            page_size: COMMENTS_PER_PAGE,
            page_token: place.trang.clone(),
            receipts: reader.receipts.clone(),
        };
        let answer = self.service.list_comments(request).await?;
        let mode = answer.mode();
        let list = List::new(answer, root, is_open(mode), clock::now());
        Ok((List { further: place.is_further(), ..list }, mode))
    }

    /// Adds the widget, which fetches its own challenge, to the form. Without a widget, adds an image and returns the
    /// cookie to set.
    pub(crate) async fn challenge(&self, reader: &Reader, form: &mut Form, problems: &mut Problems) -> Option<String> {
        if self.widget.is_some() {
            form.with_widget();
            return None;
        }
        self.draw(reader, form, problems).await
    }

    /// Adds a new image to the form. Returns the cookie to set.
    ///
    /// This sample requests an image with every page. A busy site should serve the article from a cache, and fetch the
    /// form separately when the reader reaches it.
    pub(crate) async fn draw(&self, reader: &Reader, form: &mut Form, problems: &mut Problems) -> Option<String> {
        match self.service.issue_challenge(reader, &IMAGES).await {
            Ok(challenge) => Some(put(form, challenge)),
            Err(error) => {
                form.without_image();
                problems.image(&no_image_text(&error));
                None
            }
        }
    }

    /// Returns the author of the comment that the form replies to. If that comment no longer exists, the form becomes
    /// the form of a top-level comment.
    pub(crate) async fn answering(&self, reader: &Reader, form: &mut Form) -> String {
        if form.parent_id.is_empty() {
            return String::new();
        }
        let parent = self.service.get_comment(&form.parent_id, reader).await;
        // Without a response the form keeps its parent; the submit will report the error.
        let Ok(Some(parent)) = parent else {
            if parent.is_err_and(|error| leads_nowhere(&error)) {
                form.parent_id.clear();
            }
            return String::new();
        };
        parent.author_name
    }

    /// Returns the URL where the reader finds their new comment. A reply is under its root, which may be on a later
    /// page.
    pub(crate) async fn place_of(&self, reader: &Reader, sent: &Form) -> String {
        let parent = match sent.parent_id.as_str() {
            "" => None,
            id => self.service.get_comment(id, reader).await.ok().flatten(),
        };
        match parent {
            None => "/#binh-luan".to_owned(),
            Some(root) if root.parent_id.is_empty() => thread_link(&root.id),
            Some(reply) => thread_link(&reply.parent_id),
        }
    }
}

impl Place {
    fn is_further(&self) -> bool {
        !self.trang.is_empty() || !self.cua.is_empty()
    }
}

/// Adds a challenge to the form. Returns the cookie with its device token.
pub(crate) fn put(form: &mut Form, challenge: IssueChallengeResponse) -> String {
    let cookie = reader::device_cookie(&challenge.device_token);
    form.show(challenge);
    cookie
}

pub(crate) fn no_image_text(error: &ServiceError) -> String {
    if error.reason == ErrorReason::RateLimited {
        wait_text(error)
    } else {
        "Chưa tải được ảnh mã kiểm tra. Bạn hãy bấm “Đổi mã” để thử lại.".to_owned()
    }
}

pub(crate) fn is_open(mode: Mode) -> bool {
    !matches!(mode, Mode::Closed | Mode::Hidden)
}

fn leads_nowhere(error: &ServiceError) -> bool {
    matches!(error.reason, ErrorReason::PageTokenInvalid | ErrorReason::CommentNotFound | ErrorReason::ValidationFailed)
}
