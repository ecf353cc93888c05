//! Readers who return after a change of keys. Their data under the ring's other keys is moved to the first key, so
//! that their trust level, history, reports and bans remain one record.

use super::core::{Core, pseudonyms::device_names};
use crate::domain::{
    Result,
    comment::{Comment, FormText},
    form::ReaderContext,
    id::SiteId,
    key::{DeviceNames, RekeyedText, Rekeying},
    privacy::ERASED_AT_ONCE,
    spam::Reading,
};

/// Maximum number of batches in one call. A device with more comments is continued at its next call.
const MOST_BATCHES: usize = 5;

/// Moves the data of the reader's device from the ring's other keys to the first key. It costs nothing if the ring
/// has one key.
pub(super) async fn rekey_device(core: &Core, site: &SiteId, client: &ReaderContext) -> Result<()> {
    if !core.keyring.is_changing() {
        return Ok(());
    }
    let Some(device) = core.pseudonyms.device_of(site, client) else { return Ok(()) };
    let to = device_names(core.keyring.first(), site, device);
    for key in core.keyring.others() {
        rekey(core, site, &device_names(key, site, device), &to).await?;
    }
    Ok(())
}

async fn rekey(core: &Core, site: &SiteId, from: &DeviceNames, to: &DeviceNames) -> Result<()> {
    let mut reported = !core.store.reports_by(site, from.device).await?.is_empty();
    for _ in 0..MOST_BATCHES {
        let page = core.store.comments_by(site, &from.author, None, ERASED_AT_ONCE).await?;
        if page.is_empty() && !reported {
            return Ok(());
        }
        let texts = page.into_iter().map(|comment| rekeyed(core, site, comment)).collect();
        let (from, to, key) = (from.clone(), to.clone(), core.keyring.mark());
        core.store.rekey(&Rekeying { site: site.clone(), from, to, key, texts }).await?;
        reported = false;
    }
    Ok(())
}

fn rekeyed(core: &Core, site: &SiteId, comment: Comment) -> RekeyedText {
    let Comment { id, author_name, title, content, .. } = comment;
    let text = FormText { author_name, title, content };
    let fingerprint = core.pseudonyms.fingerprint(site, &text.said());
    RekeyedText { comment: id, fingerprint, skeleton: core.pseudonyms.skeleton(site, &Reading::of(&text)) }
}
