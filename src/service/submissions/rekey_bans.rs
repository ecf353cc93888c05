//! Bans and repeated texts under the keyring's other keys, for submits after a key rotation.

use chrono::Duration;

use super::{
    Submissions,
    attempt::{Attempt, SAME_TEXT_HOURS},
};
use crate::{
    domain::{Result, ban::BanMove, submission::SubmitContext},
    service::core::pseudonyms::skeleton_by,
};

impl Submissions {
    /// Moves the bans that match this submit to their subjects under the first key. The bans also match without it, so
    /// a failure is only logged.
    pub(super) async fn rekey_bans(&self, attempt: &Attempt<'_>, context: &SubmitContext) {
        if context.ban.is_none() || !self.core.keyring.is_changing() {
            return;
        }
        if let Err(error) = self.move_bans(attempt).await {
            tracing::warn!(site = %attempt.site, reason = error.reason(), "a ban is not moved to the first key yet");
        }
    }

    async fn move_bans(&self, attempt: &Attempt<'_>) -> Result<()> {
        let salts = self.core.salts.of(attempt.site, attempt.now).await?;
        let (client, name) = (&attempt.form.client, &attempt.form.text.author_name);
        let subjects =
            |key| self.core.pseudonyms.ban_subjects_by(key, attempt.site, client, name, &attempt.said, &salts);
        let to = subjects(self.core.keyring.first());
        let moves = self.core.keyring.others().flat_map(|key| subjects(key).into_iter().zip(to.clone()));
        let moves: Vec<BanMove> = moves.map(|(from, to)| BanMove { from, to }).collect();
        self.core.store.rekey_bans(attempt.site, &moves, self.core.keyring.mark()).await.map(drop)
    }

    /// Adds the counts of the same text under the keyring's other keys, so that a campaign is recognised across a key
    /// rotation.
    pub(super) async fn add_same_texts(&self, attempt: &Attempt<'_>, context: &mut SubmitContext) -> Result<()> {
        let by = |key| skeleton_by(key, attempt.site, &attempt.reading);
        let skeletons: Vec<_> = self.core.keyring.others().filter_map(by).collect();
        if skeletons.is_empty() {
            return Ok(());
        }
        let since = attempt.now - Duration::hours(SAME_TEXT_HOURS);
        let (comments, authors) =
            self.core.store.same_texts(attempt.site, &skeletons, since, &attempt.sender.author).await?;
        context.same_text += comments;
        context.same_text_authors += authors;
        Ok(())
    }
}
