//! What the portal knows, and how it puts a page together from it.

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

/// Small, so that the demonstration shows paging soon.
const COMMENTS_PER_PAGE: i32 = 10;

/// What the form can show without the widget. Trusted readers need not type anything.
pub(crate) const IMAGES: [ChallengeKind; 2] = [ChallengeKind::Image, ChallengeKind::NoneNeeded];

/// Which part of the comments an address asks for.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "kebab-case")]
pub(crate) struct Place {
    /// The comment that the form answers.
    pub(crate) tra_loi: String,
    /// Page token.
    trang: String,
    /// The replies of this comment only.
    cua: String,
}

/// Shared by all requests.
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

    /// The page without its form: the caller knows which form the reader is at. `None` for an address that leads nowhere
    /// any more, such as an old page token. The mode is unknown when the service does not answer; then the form stays.
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

    /// Puts the widget on the form, which fetches its challenge itself; else an image. Answers the cookie to set.
    pub(crate) async fn challenge(&self, reader: &Reader, form: &mut Form, problems: &mut Problems) -> Option<String> {
        if self.widget.is_some() {
            form.with_widget();
            return None;
        }
        self.draw(reader, form, problems).await
    }

    /// Puts a new image on the form. Answers the cookie to set.
    ///
    /// This asks for one with every page, which is right for a sample and wrong for a busy site: there, serve the article
    /// from a cache and fetch the form by itself when the reader gets to it.
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

    /// The name of the comment that the form answers. One that is gone makes the form an ordinary one.
    pub(crate) async fn answering(&self, reader: &Reader, form: &mut Form) -> String {
        if form.parent_id.is_empty() {
            return String::new();
        }
        let parent = self.service.get_comment(&form.parent_id, reader).await;
        // Without an answer the form keeps its parent: the submit will tell.
        let Ok(Some(parent)) = parent else {
            if parent.is_err_and(|error| leads_nowhere(&error)) {
                form.parent_id.clear();
            }
            return String::new();
        };
        parent.author_name
    }

    /// Where the reader finds what they just sent. A reply stands under its root, which may be pages away from the first.
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

/// Shows the challenge on the form. Answers the cookie that keeps its device token.
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
