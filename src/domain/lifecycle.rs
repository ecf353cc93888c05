//! The statuses of a comment and the transitions between them.

named_enum! {
    /// The status of a comment. Only [`Status::Approved`] is public.
    Status {
        /// Waits for a moderator.
        Pending = "PENDING",
        /// Public.
        Approved = "APPROVED",
        /// Rejected while it was not public.
        Rejected = "REJECTED",
        /// Marked as spam.
        Spam = "SPAM",
        /// Taken down while it was public.
        Removed = "REMOVED",
        /// The text was erased. This status is final.
        Erased = "ERASED",
    }
}

named_enum! {
    /// A moderator's decision on a comment.
    Action {
        /// Publish it.
        Approve = "APPROVE",
        /// Reject it. A public comment becomes [`Status::Removed`].
        Reject = "REJECT",
        /// Mark it as spam.
        Spam = "SPAM",
        /// Send it back to the queue.
        Requeue = "REQUEUE",
    }
}

impl Status {
    pub const fn is_public(self) -> bool {
        matches!(self, Self::Approved)
    }

    /// Checks whether a moderator's decision may move a comment from `self` to `to`.
    pub const fn may_become(self, to: Self) -> bool {
        use Status::{Approved, Pending, Rejected, Removed, Spam};
        matches!(
            (self, to),
            (Pending, Approved | Rejected | Spam)
                | (Approved, Pending | Spam | Removed)
                | (Rejected | Removed, Pending | Approved | Spam)
                | (Spam, Pending | Approved | Rejected)
        )
    }
}

impl Action {
    /// Returns the status that this action leads to, whether or not the transition is allowed.
    pub const fn leads_to(self, from: Status) -> Status {
        match self {
            Self::Approve => Status::Approved,
            // Rejecting a public comment removes it, and rejecting a removed comment leaves it removed.
            Self::Reject if matches!(from, Status::Approved | Status::Removed) => Status::Removed,
            Self::Reject => Status::Rejected,
            Self::Spam => Status::Spam,
            Self::Requeue => Status::Pending,
        }
    }

    pub const fn needs_reason(self) -> bool {
        matches!(self, Self::Reject | Self::Spam)
    }
}

/// Returns the status to which `action` moves a comment, or `None` if the transition is not allowed. No status allows a
/// transition to itself.
pub fn step(from: Status, action: Action) -> Option<Status> {
    Some(action.leads_to(from)).filter(|to| from.may_become(*to))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The allowed transitions: from a status to each status in the order of `Status::ALL`, `x` for allowed.
    const TABLE: [(Status, &str); 6] = [
        (Status::Pending, ".xxx.."),
        (Status::Approved, "x..xx."),
        (Status::Rejected, "xx.x.."),
        (Status::Spam, "xxx..."),
        (Status::Removed, "xx.x.."),
        (Status::Erased, "......"),
    ];

    #[test]
    fn every_pair_of_statuses_follows_the_table() {
        for (from, row) in TABLE {
            for (to, cell) in Status::ALL.iter().zip(row.chars()) {
                assert_eq!(from.may_become(*to), cell == 'x', "{from} to {to}");
            }
        }
    }

    #[test]
    fn every_action_from_every_status_follows_the_table() {
        for &from in Status::ALL {
            for &action in Action::ALL {
                let to = action.leads_to(from);
                assert_eq!(step(from, action), from.may_become(to).then_some(to), "{from} {action}");
            }
        }
    }

    #[test]
    fn rejecting_a_public_comment_removes_it() {
        assert_eq!(step(Status::Approved, Action::Reject), Some(Status::Removed));
        assert_eq!(step(Status::Pending, Action::Reject), Some(Status::Rejected));
    }

    #[test]
    fn no_action_changes_an_erased_comment() {
        for &action in Action::ALL {
            assert_eq!(step(Status::Erased, action), None);
        }
    }
}
