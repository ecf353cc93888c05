//! Export of everything that one person wrote.

use std::{collections::VecDeque, sync::Arc};

use serde::Serialize;

use super::Privacy;
use crate::{
    domain::{
        Error, Result,
        access::{Caller, Role},
        comment::Comment,
        id::{CommentId, SiteId},
        lifecycle::Status,
        page::Cursor,
        permits::Permit,
        privacy::{ERASED_AT_ONCE, FiledReport},
        pseudonym::Pseudonym,
        violation::Problem,
    },
    service::core::concurrency_limits::Cost,
    store::Store,
};

/// The person whose data is meant.
#[derive(Debug, Clone, Serialize)]
pub enum Person {
    /// The author of the comment that this receipt is for.
    Receipt(String),
    /// The author with this author key.
    Author(String),
    /// The author of this comment.
    Comment(CommentId),
}

/// One exported item.
#[derive(Debug)]
pub enum ExportItem {
    Comment(Comment),
    Report(FiledReport),
}

/// The keys by which the store finds a [`Person`]'s data.
#[derive(Debug)]
pub(super) enum Whose {
    Author {
        /// All keys that the author has had, the current one first.
        keys: VecDeque<String>,
        /// Empty when the author key is made from a name and an address prefix. There is more than one while a key
        /// rotation has not reached all rows.
        devices: Vec<Pseudonym>,
        /// The comment that identified the author.
        through: Option<CommentId>,
    },
    /// Only one comment: other comments with the same name and address prefix may be by other people.
    Comment(CommentId),
}

/// A stream of everything that is stored about a person, read page by page.
pub struct Export {
    store: Arc<dyn Store>,
    site: SiteId,
    whose: Whose,
    ready: VecDeque<ExportItem>,
    /// The cursor of the next page.
    after: Option<Cursor>,
    is_read: bool,
    /// The permit of this expensive call, which is held until the stream ends.
    _permit: Permit,
}

impl Export {
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
        let store = &self.store;
        match &mut self.whose {
            Whose::Comment(id) => {
                let found = store.find_comment(&self.site, *id).await?;
                let found = found.filter(|comment| comment.status != Status::Erased);
                self.ready.extend(found.map(ExportItem::Comment));
                self.is_read = true;
            }
            Whose::Author { keys, devices, .. } => {
                let Some(key) = keys.front() else {
                    self.is_read = true;
                    for device in devices {
                        let reports = store.reports_by(&self.site, *device).await?;
                        self.ready.extend(reports.into_iter().map(ExportItem::Report));
                    }
                    return Ok(());
                };
                let page = store.comments_by(&self.site, key, self.after, ERASED_AT_ONCE).await?;
                self.after = page.last().map(|last| Cursor { at: last.created_at, id: last.id.0, score: 0.0 });
                if page.is_empty() {
                    keys.pop_front();
                }
                self.ready.extend(page.into_iter().map(ExportItem::Comment));
            }
        }
        Ok(())
    }
}

impl Privacy {
    /// Exports everything that is stored about a person.
    ///
    /// # Errors
    /// `MissingRole` (a portal without a receipt), `Invalid` (the receipt is not from this service), `CommentNotFound`,
    /// and `Overloaded` when the caller's limit of expensive calls is reached.
    pub async fn export_author(&self, caller: &Arc<Caller>, person: &Person) -> Result<Export> {
        let permit = self.core.expensive.take(caller, Cost::Report)?;
        let whose = self.whose(caller, person).await?;
        let (store, site) = (Arc::clone(&self.core.store), caller.site.clone());
        Ok(Export { store, site, whose, ready: VecDeque::new(), after: None, is_read: false, _permit: permit })
    }

    /// Resolves the person whose comments a request is about.
    ///
    /// Fails with `MissingRole` (a portal without a receipt), `Invalid` (the receipt is not from this service),
    /// `CommentNotFound`.
    pub(super) async fn whose(&self, caller: &Caller, person: &Person) -> Result<Whose> {
        let site = &caller.site;
        if caller.role == Role::Portal && !matches!(person, Person::Receipt(_)) {
            return Err(Error::MissingRole { role: caller.role, allowed: &[Role::Admin] });
        }
        let id = match person {
            Person::Author(key) => return self.author(site, key, None).await,
            Person::Receipt(receipt) => {
                let opened = self.core.keyring.open_receipt(site, receipt);
                opened.ok_or_else(|| Error::invalid("receipt", Problem::UnknownValue))?
            }
            Person::Comment(id) => *id,
        };
        let trace = self.core.store.find_sender(site, id).await?.ok_or(Error::CommentNotFound(id))?;
        match trace.sender.device {
            Some(_) => self.author(site, &trace.sender.author, Some(id)).await,
            None => Ok(Whose::Comment(id)),
        }
    }

    async fn author(&self, site: &SiteId, key: &str, through: Option<CommentId>) -> Result<Whose> {
        let keys = self.core.store.author_keys(site, key).await?;
        let mut devices = Vec::new();
        for key in &keys {
            devices.extend(self.core.store.device_by(site, key).await?);
        }
        Ok(Whose::Author { keys: keys.into(), devices, through })
    }
}
