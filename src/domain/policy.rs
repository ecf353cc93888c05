//! Whether an article accepts comments, and which status a new comment gets.

use super::{
    Error, Result,
    id::CommentId,
    lifecycle::Status,
    mode::Mode,
    spam::{Assessment, SpamVerdict, Thresholds, verdict},
};

/// Checks that the mode accepts new comments.
///
/// # Errors
/// [`Error::ArticleClosed`] for a mode that accepts none.
pub fn check_open(mode: Mode) -> Result<()> {
    match mode {
        Mode::Closed | Mode::Hidden => Err(Error::ArticleClosed { mode }),
        Mode::Pre | Mode::Post | Mode::Hybrid => Ok(()),
    }
}

/// Default number of days after which a comment that no moderator reviewed is rejected.
pub const EXPIRE_PENDING_DAYS: i64 = 30;

/// Default percentage of automatic decisions that a moderator reviews. A model that learned only from comments that it
/// did not decide itself would never learn from its own mistakes.
pub const SAMPLE_PERCENT: u8 = 3;

/// The first status of a new comment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FirstStatus {
    pub status: Status,
    /// True for an automatic decision that a moderator reviews. Sampled spam becomes pending instead; a sampled public
    /// comment is public, and waits for a review in addition.
    pub sampled: bool,
}

/// Conditions other than mode and score that the first status depends on.
#[derive(Debug, Clone, Copy, Default)]
pub struct Circumstances {
    /// True if a ban asks for a hold, or the shared rate limits are unavailable. A comment that would be published is
    /// then held.
    pub hold: bool,
    /// True if the comment was drawn for the sample, see [`is_drawn`].
    pub drawn: bool,
}

/// Decides the first status of a new comment. In [`Mode::Pre`], no score publishes a comment.
pub fn first_status(
    mode: Mode,
    assessment: &Assessment,
    thresholds: Thresholds,
    circumstances: Circumstances,
) -> Result<FirstStatus> {
    check_open(mode)?;
    let Assessment { score, holds, marks_spam, .. } = *assessment;
    let status = match mode {
        Mode::Post if !holds && !marks_spam && score < thresholds.high => Status::Approved,
        Mode::Hybrid => match verdict(assessment, thresholds) {
            SpamVerdict::Publish => Status::Approved,
            SpamVerdict::Hold => Status::Pending,
            SpamVerdict::Spam => Status::Spam,
        },
        _ => Status::Pending,
    };
    Ok(match status {
        Status::Approved if circumstances.hold => FirstStatus { status: Status::Pending, sampled: false },
        // A term that a moderator listed needs no review.
        Status::Spam if circumstances.drawn && !marks_spam => FirstStatus { status: Status::Pending, sampled: true },
        Status::Approved if circumstances.drawn => FirstStatus { status, sampled: true },
        _ => FirstStatus { status, sampled: false },
    })
}

/// Checks whether a comment belongs to a sample of `percent` of all comments. The random end of its id decides, so
/// that no author can write a comment that is never drawn.
pub fn is_drawn(id: CommentId, percent: u8) -> bool {
    let [.., high, low] = *id.0.as_bytes();
    u32::from(u16::from_be_bytes([high, low])) * 100 < u32::from(percent) << 16
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEARNED: Thresholds = Thresholds { low: 0.3, high: 0.9, auto_spam: true };

    fn scored(score: f64) -> Assessment {
        Assessment { score, ..Assessment::default() }
    }

    fn first(mode: Mode, assessment: &Assessment) -> Status {
        first_status(mode, assessment, LEARNED, Circumstances::default()).unwrap().status
    }

    #[test]
    fn pre_always_holds_and_post_publishes_below_the_high_threshold() {
        let terms = Assessment { marks_spam: true, ..scored(0.0) };
        assert_eq!([&scored(0.0), &scored(1.0), &terms].map(|one| first(Mode::Pre, one)), [Status::Pending; 3]);
        assert_eq!(first(Mode::Post, &scored(0.62)), Status::Approved);
        assert_eq!(first(Mode::Post, &scored(0.95)), Status::Pending);
    }

    #[test]
    fn hybrid_goes_by_score() {
        let statuses = [0.1, 0.5, 0.95].map(|score| first(Mode::Hybrid, &scored(score)));
        assert_eq!(statuses, [Status::Approved, Status::Pending, Status::Spam]);
    }

    #[test]
    fn nothing_is_marked_as_spam_before_there_are_enough_decisions() {
        for score in [0.9, 0.99, 1.0] {
            let early = first_status(Mode::Hybrid, &scored(score), Thresholds::default(), Circumstances::default());
            assert_eq!(early.unwrap().status, Status::Pending);
        }
    }

    #[test]
    fn layout_alone_holds_and_never_marks_as_spam() {
        let looks = Assessment { only_meta: true, ..scored(0.99) };
        assert_eq!(first(Mode::Hybrid, &looks), Status::Pending);
    }

    #[test]
    fn terms_hold_or_mark_as_spam_at_any_score() {
        let holds = Assessment { holds: true, ..scored(0.0) };
        let marks_spam = Assessment { marks_spam: true, only_meta: true, ..scored(0.0) };
        assert_eq!([Mode::Post, Mode::Hybrid].map(|mode| first(mode, &holds)), [Status::Pending; 2]);
        let bad_too = Assessment { holds: true, ..scored(0.99) };
        assert_eq!(first(Mode::Hybrid, &bad_too), Status::Pending, "a holding term prevents automatic spam");
        assert_eq!([Mode::Post, Mode::Hybrid].map(|mode| first(mode, &marks_spam)), [Status::Pending, Status::Spam]);
    }

    #[test]
    fn a_sampled_decision_is_reviewed() {
        let drawn = |mode, assessment: &Assessment| {
            first_status(mode, assessment, LEARNED, Circumstances { hold: false, drawn: true }).unwrap()
        };
        let sampled = |status| FirstStatus { status, sampled: true };
        assert_eq!(drawn(Mode::Hybrid, &scored(0.95)), sampled(Status::Pending));
        assert_eq!(drawn(Mode::Hybrid, &scored(0.1)), sampled(Status::Approved));
        assert_eq!(drawn(Mode::Post, &scored(0.1)), sampled(Status::Approved));
        for (mode, score) in [(Mode::Hybrid, 0.5), (Mode::Pre, 0.1), (Mode::Post, 0.95)] {
            assert!(!drawn(mode, &scored(score)).sampled, "a moderator reviews it anyway");
        }
        let marks_spam = Assessment { marks_spam: true, ..scored(0.0) };
        assert_eq!(drawn(Mode::Hybrid, &marks_spam), FirstStatus { status: Status::Spam, sampled: false });
    }

    #[test]
    fn the_share_of_drawn_comments_is_the_given_percentage() {
        let drawn = |percent| {
            (0..=u16::MAX).filter(|end| is_drawn(CommentId(uuid::Uuid::from_u128((*end).into())), percent)).count()
        };
        assert_eq!([0, 3, 50, 100].map(drawn), [0, 1_967, 32_768, 65_536]);
    }

    #[test]
    fn degraded_publishes_nothing() {
        let degraded = Circumstances { hold: true, drawn: true };
        let held = first_status(Mode::Post, &scored(0.0), LEARNED, degraded).unwrap();
        assert_eq!(held, FirstStatus { status: Status::Pending, sampled: false });
    }

    #[test]
    fn closed_and_hidden_articles_accept_no_comments() {
        for mode in [Mode::Closed, Mode::Hidden] {
            let answer = first_status(mode, &scored(0.0), LEARNED, Circumstances::default());
            assert!(matches!(answer, Err(Error::ArticleClosed { .. })));
        }
    }
}
