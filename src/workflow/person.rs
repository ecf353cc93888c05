//! Everything that one person wrote, and its erasure.

use std::{collections::VecDeque, sync::Arc};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Workflow, bulk::batch_id, request::request_row, submit::new_id};
use crate::{
    domain::{
        Error, Result,
        access::{Caller, Role},
        audit::AuditAction,
        comment::Comment,
        error::Problem,
        id::{CommentId, SiteId},
        lifecycle::Status,
        page::Cursor,
        privacy::{ERASED_AT_ONCE, Erasure, FiledReport},
        request::RequestRow,
        submission::Pseudonym,
    },
    ops::metric,
};

/// Whose comments are meant.
#[derive(Debug, Clone, Serialize)]
pub enum Person {
    /// The author of the comment that this receipt is for.
    Receipt(String),
    /// An author key.
    Author(String),
    /// The author of this comment.
    Comment(CommentId),
}

/// A checked request to erase what somebody wrote.
#[derive(Debug, Clone, Serialize)]
pub struct EraseRequest {
    pub person: Person,
    pub note: String,
    /// Not part of the payload.
    #[serde(skip)]
    pub request_id: Uuid,
}

/// What an erasure came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erased {
    pub comments: u64,
    pub reports: u64,
    pub batch: Uuid,
}

/// One thing that is kept of a person.
#[derive(Debug)]
pub enum ExportItem {
    Comment(Comment),
    Report(FiledReport),
}

/// What a [`Person`] is to the store.
#[derive(Debug)]
enum Whose {
    Author {
        key: String,
        /// `None` where the key stands for a name behind an address.
        device: Option<Pseudonym>,
        /// The comment that led to the author: the last to be emptied, so that a request that broke off finds it again.
        through: Option<CommentId>,
    },
    /// Nobody can tell who else wrote by that name behind that address.
    Comment(CommentId),
}

/// Everything that is kept of a person, read page by page.
pub struct Export {
    workflow: Arc<Workflow>,
    site: SiteId,
    whose: Whose,
    ready: VecDeque<ExportItem>,
    /// Where to read on.
    after: Option<Cursor>,
    is_read: bool,
}

impl Export {
    /// The next thing; `None` at the end.
    pub async fn next(&mut self) -> Option<Result<ExportItem>> {
        while self.ready.is_empty() {
            if self.is_read {
                return None;
            }
            if let Err(error) = self.read_on().await {
                self.is_read = true;
                return Some(Err(error));
            }
        }
        self.ready.pop_front().map(Ok)
    }

    async fn read_on(&mut self) -> Result<()> {
        let store = &self.workflow.store;
        match &self.whose {
            Whose::Comment(id) => {
                let found = store.find_comment(&self.site, *id).await?;
                let found = found.filter(|comment| comment.status != Status::Erased);
                self.ready.extend(found.map(ExportItem::Comment));
                self.is_read = true;
            }
            Whose::Author { key, device, .. } => {
                let page = store.comments_by(&self.site, key, self.after, ERASED_AT_ONCE).await?;
                let last = page.last().map(|last| Cursor { at: last.created_at, id: last.id.0, score: 0.0 });
                self.ready.extend(page.into_iter().map(ExportItem::Comment));
                (self.after, self.is_read) = (last, last.is_none());
                if let Some(device) = device.filter(|_| self.is_read) {
                    let reports = store.reports_by(&self.site, device).await?;
                    self.ready.extend(reports.into_iter().map(ExportItem::Report));
                }
            }
        }
        Ok(())
    }
}

impl Workflow {
    /// Everything that is kept of what a person wrote.
    ///
    /// # Errors
    /// `MissingRole` (a portal without a receipt), `Invalid` (the receipt is not ours), `CommentNotFound`.
    pub async fn export_author(self: &Arc<Self>, caller: &Caller, person: &Person) -> Result<Export> {
        let whose = self.whose(caller, person).await?;
        let (workflow, site) = (Arc::clone(self), caller.site.clone());
        Ok(Export { workflow, site, whose, ready: VecDeque::new(), after: None, is_read: false })
    }

    /// Empties what a person wrote. One that broke off goes on when it is sent again.
    ///
    /// # Errors
    /// As [`Workflow::export_author`]; `RequestIdReused`.
    pub async fn erase_author(&self, caller: &Caller, request: EraseRequest, now: DateTime<Utc>) -> Result<Erased> {
        let row = request_row("EraseAuthor", caller, &request, request.request_id)?;
        let _turn = self.twins.turn(&caller.site, request.request_id).await;
        let change = self.pages.change();
        if let Some(known) = self.store.find_request(&caller.site, row.id).await? {
            // Whoever asks again may do so before the first answer has waited.
            change.settle(true).await;
            return known.replay(&row.payload_hash);
        }
        let whose = self.whose(caller, &request.person).await?;
        let mut erasure = Erasure {
            site: caller.site.clone(),
            action: AuditAction::Erase,
            actor: caller.name.clone(),
            note: request.note,
            at: now,
            batch: batch_id(&row),
            items: Vec::new(),
            only: None,
            request_id: Some(row.id),
            remember: None,
        };
        let mut erased = Erased { comments: 0, reports: 0, batch: erasure.batch };
        let last = match whose {
            Whose::Comment(id) => Some(id),
            Whose::Author { key, device, through } => {
                if let Some(device) = device {
                    erased.reports = self.store.forget_reports(&caller.site, device).await?;
                }
                erased.comments = self.erase_all_but(&mut erasure, &key, through).await?;
                through
            }
        };
        erasure.items = last.into_iter().map(|id| (new_id(now), id)).collect();
        erased.comments += self.store.erase(&erasure).await?;
        let response = serde_json::to_string(&erased).map_err(Error::internal)?;
        erasure.items.clear();
        erasure.remember = Some(RequestRow { response, ..row });
        self.store.erase(&erasure).await?;
        self.try_to_clean_log().await;
        change.settle(true).await;
        metric::erased(&caller.site, AuditAction::Erase, erased.comments);
        Ok(erased)
    }

    async fn erase_all_but(&self, erasure: &mut Erasure, author: &str, kept: Option<CommentId>) -> Result<u64> {
        let (mut erased, mut after) = (0, None);
        loop {
            let page = self.store.comments_by(&erasure.site, author, after, ERASED_AT_ONCE).await?;
            let Some(last) = page.last() else { return Ok(erased) };
            after = Some(Cursor { at: last.created_at, id: last.id.0, score: 0.0 });
            let others = page.iter().map(|comment| comment.id).filter(|id| Some(*id) != kept);
            erasure.items = others.map(|id| (new_id(erasure.at), id)).collect();
            erased += self.store.erase(erasure).await?;
        }
    }

    async fn whose(&self, caller: &Caller, person: &Person) -> Result<Whose> {
        let site = &caller.site;
        if caller.role == Role::Portal && !matches!(person, Person::Receipt(_)) {
            return Err(Error::MissingRole { role: caller.role, allowed: &[Role::Admin] });
        }
        let id = match person {
            Person::Author(key) => {
                let device = self.store.device_by(site, key).await?;
                return Ok(Whose::Author { key: key.clone(), device, through: None });
            }
            Person::Receipt(receipt) => {
                let opened = self.keyring.open_receipt(site, receipt);
                opened.ok_or_else(|| Error::invalid("receipt", Problem::UnknownValue))?
            }
            Person::Comment(id) => *id,
        };
        let trace = self.store.find_sender(site, id).await?.ok_or(Error::CommentNotFound(id))?;
        Ok(match trace.sender.device {
            Some(device) => Whose::Author { key: trace.sender.author, device: Some(device), through: Some(id) },
            None => Whose::Comment(id),
        })
    }
}
