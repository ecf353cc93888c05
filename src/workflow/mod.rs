//! The order of steps: the only place that joins domain, store, limiter, captcha and keyring.

mod access;
mod challenge;
mod housekeeping;
mod page_token;
mod policy;
mod read;
mod reader;
mod review;
mod submit;
mod twins;

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

pub use access::{FIRST_TOKENS, Gatekeeper, NewToken};
pub use policy::ArticleUpdate;
pub use read::{CommentList, ListRequest, ListedThread};
pub use review::{AuditList, AuditRequest, DecideRequest, QueueList, QueueRequest};
pub use submit::Submitted;

use crate::{
    captcha::Pool,
    domain::{
        comment::TextLimits,
        id::SiteId,
        policy::{Mode, Thresholds},
    },
    keyring::Keyring,
    limiter::Limiter,
    store::{Store, writer::SubmissionWriter},
};

/// What a site may set; the same for all sites until they have settings of their own.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    pub text: TextLimits,
    pub mode: Mode,
    pub thresholds: Thresholds,
}

/// Everything that RPCs do, with the adapters they do it with.
pub struct Workflow {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) writer: SubmissionWriter,
    pub(crate) limiter: Limiter,
    pub(crate) pictures: Pool,
    pub(crate) keyring: Arc<Keyring>,
    pub(crate) rules: Rules,
    twins: twins::Twins,
    /// Sites whose queue gauge is above zero.
    measured: Mutex<BTreeSet<SiteId>>,
}

impl Workflow {
    /// Joins the adapters.
    pub fn new(
        store: Arc<dyn Store>,
        writer: SubmissionWriter,
        limiter: Limiter,
        pictures: Pool,
        keyring: Arc<Keyring>,
        rules: Rules,
    ) -> Self {
        Self {
            store,
            writer,
            limiter,
            pictures,
            keyring,
            rules,
            twins: twins::Twins::default(),
            measured: Mutex::default(),
        }
    }

    /// Takes no more submissions and waits for those under way.
    pub async fn close(&self) {
        self.writer.close().await;
    }
}
