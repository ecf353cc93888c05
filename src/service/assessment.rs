//! What a site knows of spam, asked about one comment; and where the comment starts.

use super::Workflow;
use crate::domain::{
    Result,
    id::{CommentId, SiteId},
    mode::Mode,
    policy::{self, Circumstances, FirstStatus},
    spam::{self, Assessment, Finding, FormSignals, Knowledge, Reading, Rule},
};

impl Workflow {
    /// The site's rules and terms and what it learned, joined.
    pub(super) fn judge(&self, site: &SiteId, reading: &Reading<'_>, signals: &FormSignals) -> Assessment {
        let learned = self.learned(site);
        let terms = self.live_terms(site);
        let knowledge = Knowledge {
            model: learned.as_ref().map(|learned| &learned.model),
            terms: terms.as_ref().map(|live| &live.set),
        };
        spam::assess_reading(reading, signals, &knowledge)
    }

    /// Where comment `id` starts. One that a moderator shall look at for the sample says so among its findings.
    ///
    /// # Errors
    /// `ArticleClosed` for a mode that takes no comments.
    pub(super) fn first_status(
        &self,
        site: &SiteId,
        id: CommentId,
        mode: Mode,
        assessment: &mut Assessment,
        hold: bool,
    ) -> Result<FirstStatus> {
        let drawn = policy::is_drawn(id, self.rules().sample_percent);
        let circumstances = Circumstances { hold, drawn };
        let first = policy::first_status(mode, assessment, self.thresholds(site), circumstances)?;
        if first.sampled {
            assessment.findings.push(Finding::whole(Rule::Sampled, 0.0));
        }
        Ok(first)
    }
}
