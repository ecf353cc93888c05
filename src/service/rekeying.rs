//! Readers who come back after a change of keys: what they have under the ring's other keys goes over to the first one,
//! so that their record, history, reports and bans stay one.

use chrono::Duration;

use super::{
    Workflow,
    pseudonyms::{device_names, skeleton_by},
    submissions::{Attempt, SAME_TEXT_HOURS},
};
use crate::domain::{
    Result,
    ban::BanMove,
    comment::{Comment, FormText},
    form::Client,
    id::SiteId,
    key::{DeviceNames, RekeyedText, Rekeying},
    privacy::ERASED_AT_ONCE,
    pseudonym::{Pseudonym, Salt},
    spam::Reading,
    submission::SubmitContext,
};

/// Batches for one call at most: a device that sent more goes on at its next call.
const MOST_BATCHES: usize = 5;

impl Workflow {
    /// Keys by the first key what the reader's device has under the others. Costs nothing where the ring has one key.
    ///
    /// # Errors
    /// The store's only.
    pub(super) async fn welcome_back(&self, site: &SiteId, client: &Client) -> Result<()> {
        if !self.keyring.is_changing() {
            return Ok(());
        }
        let Some(device) = self.device_of(site, client) else { return Ok(()) };
        let to = device_names(self.keyring.first(), site, device);
        for key in self.keyring.others() {
            self.rekey(site, &device_names(key, site, device), &to).await?;
        }
        Ok(())
    }

    async fn rekey(&self, site: &SiteId, from: &DeviceNames, to: &DeviceNames) -> Result<()> {
        let mut reported = !self.store.reports_by(site, from.device).await?.is_empty();
        for _ in 0..MOST_BATCHES {
            let page = self.store.comments_by(site, &from.author, None, ERASED_AT_ONCE).await?;
            if page.is_empty() && !reported {
                return Ok(());
            }
            let texts = page.into_iter().map(|comment| self.rekeyed(site, comment)).collect();
            let (from, to, key) = (from.clone(), to.clone(), self.keyring.mark());
            self.store.rekey(&Rekeying { site: site.clone(), from, to, key, texts }).await?;
            reported = false;
        }
        Ok(())
    }

    fn rekeyed(&self, site: &SiteId, comment: Comment) -> RekeyedText {
        let Comment { id, author_name, title, content, .. } = comment;
        let text = FormText { author_name, title, content };
        let fingerprint = self.fingerprint(site, &text.said());
        RekeyedText { comment: id, fingerprint, skeleton: self.skeleton(site, &Reading::of(&text)) }
    }

    /// Gives the bans that met this submit their subjects under the first key. They hold without it: a failure is told
    /// and no more.
    pub(super) async fn rekey_bans(&self, attempt: &Attempt<'_>, context: &SubmitContext) {
        if context.ban.is_none() || !self.keyring.is_changing() {
            return;
        }
        if let Err(error) = self.move_bans(attempt).await {
            tracing::warn!(site = %attempt.site, reason = error.reason(), "a ban keeps its earlier key for now");
        }
    }

    async fn move_bans(&self, attempt: &Attempt<'_>) -> Result<()> {
        let salts = self.salts(attempt.site, attempt.now).await?;
        let (client, name) = (&attempt.form.client, &attempt.form.text.author_name);
        let subjects = |key| self.ban_subjects_by(key, attempt.site, client, name, &attempt.said, &salts);
        let to = subjects(self.keyring.first());
        let moves = self.keyring.others().flat_map(|key| subjects(key).into_iter().zip(to.clone()));
        let moves: Vec<BanMove> = moves.map(|(from, to)| BanMove { from, to }).collect();
        self.store.rekey_bans(attempt.site, &moves, self.keyring.mark()).await.map(drop)
    }

    /// Counts the same text under the ring's other keys, too: a campaign goes on over a change of keys.
    ///
    /// # Errors
    /// The store's only.
    pub(super) async fn add_same_texts(&self, attempt: &Attempt<'_>, context: &mut SubmitContext) -> Result<()> {
        let by = |key| skeleton_by(key, attempt.site, &attempt.reading);
        let skeletons: Vec<_> = self.keyring.others().filter_map(by).collect();
        if skeletons.is_empty() {
            return Ok(());
        }
        let since = attempt.now - Duration::hours(SAME_TEXT_HOURS);
        let (comments, authors) =
            self.store.same_texts(attempt.site, &skeletons, since, &attempt.sender.author).await?;
        context.same_text += comments;
        context.same_text_authors += authors;
        Ok(())
    }

    /// The pseudonyms of a device, else of an address, by the ring's other keys.
    pub(super) fn reporter_aliases(&self, site: &SiteId, client: &Client, salt: Salt) -> Vec<Pseudonym> {
        let alias = |key| {
            let sender = self.sender_by(key, site, client, "", salt);
            sender.device.or(sender.address)
        };
        self.keyring.others().filter_map(alias).collect()
    }
}
