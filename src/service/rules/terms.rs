//! Lists and changes a newsroom's terms, and makes changes take effect on every replica.

use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;

use super::Rules;
use crate::{
    domain::{
        Error, Result,
        access::{Caller, Role},
        audit::{AuditAction, AuditEntry},
        id::SiteId,
        request::RequestRow,
        spam::{Term, TermChange, TermDraft, term_key},
    },
    service::{
        ids::new_id,
        page_token::{open_cursor, seal_cursor},
        request_row::request_row,
    },
};

/// A checked request for a page of terms.
#[derive(Debug, Clone)]
pub struct TermsRequest {
    /// Words in the pattern; empty for all terms.
    pub query: String,
    pub size: usize,
    pub page_token: String,
}

/// A page of terms.
pub struct TermList {
    pub terms: Vec<Term>,
    pub next_page_token: String,
}

/// A checked request to create or change a term.
#[derive(Debug, Clone, Serialize)]
pub struct PutTermRequest {
    /// `None` for a new term.
    pub id: Option<Uuid>,
    /// The expected revision; 0 for a new term.
    pub revision: i64,
    pub draft: TermDraft,
    /// Not part of the payload, whose hash shows whether a resend has the same content.
    #[serde(skip)]
    pub request_id: Uuid,
}

/// A checked request to delete a term.
#[derive(Debug, Clone, Serialize)]
pub struct DeleteTermRequest {
    pub id: Uuid,
    pub revision: i64,
    /// Not part of the payload, whose hash shows whether a resend has the same content.
    #[serde(skip)]
    pub request_id: Uuid,
}

impl Rules {
    /// Returns a page of terms, most recently changed first.
    ///
    /// # Errors
    /// `PageTokenInvalid`.
    pub async fn list_terms(&self, site: &SiteId, request: &TermsRequest) -> Result<TermList> {
        let TermsRequest { query, size, page_token } = request;
        let key = term_key(query);
        let after = open_cursor(&self.core.keyring, site, "ListTerms", &key, page_token)?;
        let page = self.core.store.list_terms(site, &key, *size, after).await?;
        let next_page_token = seal_cursor(&self.core.keyring, site, "ListTerms", &key, page.next)?;
        Ok(TermList { terms: page.items, next_page_token })
    }

    /// Creates or changes a term. The change takes effect on this replica before the response, and on all replicas
    /// within seconds.
    ///
    /// # Errors
    /// `MissingRole`, `TermNotFound`, `StaleTerm`, `Invalid` (the tier has the pattern already, or the site has too
    /// many terms), `RequestIdReused`.
    pub async fn put_term(&self, caller: &Caller, request: PutTermRequest, now: DateTime<Utc>) -> Result<Term> {
        let row = request_row(&self.core.keyring, "PutTerm", caller, &request, request.request_id)?;
        let PutTermRequest { id, revision, draft, .. } = request;
        let id = id.unwrap_or_else(|| new_id(now));
        self.change_term(caller, AuditAction::PutTerm, (id, revision, Some(draft)), row, now).await
    }

    /// Deletes a term, and returns its last version.
    ///
    /// # Errors
    /// The errors of [`Rules::put_term`].
    pub async fn delete_term(&self, caller: &Caller, request: DeleteTermRequest, now: DateTime<Utc>) -> Result<Term> {
        let row = request_row(&self.core.keyring, "DeleteTerm", caller, &request, request.request_id)?;
        self.change_term(caller, AuditAction::DeleteTerm, (request.id, request.revision, None), row, now).await
    }

    async fn change_term(
        &self,
        caller: &Caller,
        action: AuditAction,
        (id, expected_revision, to): (Uuid, i64, Option<TermDraft>),
        row: RequestRow,
        now: DateTime<Utc>,
    ) -> Result<Term> {
        if caller.role != Role::Admin {
            return Err(Error::MissingRole { role: caller.role, allowed: &[Role::Admin] });
        }
        let entry = AuditEntry { request_id: Some(row.id), ..AuditEntry::new(new_id(now), action, &caller.name, now) };
        let change = TermChange { site: caller.site.clone(), id, to, expected_revision, entry, request: Some(row) };
        let term = self.core.store.change_term(&change).await?;
        if let Err(error) = self.core.assessor.load_terms().await {
            // A background task loads the terms within seconds.
            tracing::warn!(
                reason = error.reason(),
                "the changed terms could not be loaded yet; a background task retries"
            );
        }
        Ok(term)
    }
}
