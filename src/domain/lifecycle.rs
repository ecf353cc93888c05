//! The status table of the product contract, as one pure function.

named_enum! {
    /// Where a comment stands. Public means [`Status::Approved`] and nothing else.
    Status {
        /// Waits for a moderator.
        Pending = "PENDING",
        /// On the page.
        Approved = "APPROVED",
        /// Rejected before it was public.
        Rejected = "REJECTED",
        /// Judged spam.
        Spam = "SPAM",
        /// Was public and was taken down.
        Removed = "REMOVED",
        /// Text gone for privacy. Final.
        Erased = "ERASED",
    }
}

named_enum! {
    /// What a moderator may do to a comment.
    Action {
        /// Publish it.
        Approve = "APPROVE",
        /// Reject it; a public one becomes [`Status::Removed`].
        Reject = "REJECT",
        /// Mark it as spam.
        Spam = "SPAM",
        /// Send it back to the queue.
        Requeue = "REQUEUE",
    }
}

impl Status {
    /// True when readers see the comment.
    pub const fn is_public(self) -> bool {
        matches!(self, Self::Approved)
    }

    /// True when a moderator's decision may move a comment from `self` to `to`.
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
    /// The status this action leads to from `from`, whether or not the table allows the step.
    pub const fn leads_to(self, from: Status) -> Status {
        match self {
            Self::Approve => Status::Approved,
            // A comment that was public is "removed", and stays so when it is rejected again.
            Self::Reject if matches!(from, Status::Approved | Status::Removed) => Status::Removed,
            Self::Reject => Status::Rejected,
            Self::Spam => Status::Spam,
            Self::Requeue => Status::Pending,
        }
    }

    /// True when the moderator must say why.
    pub const fn needs_reason(self) -> bool {
        matches!(self, Self::Reject | Self::Spam)
    }
}

/// Where `action` moves a comment from `from`; `None` when the table has no such step, as from a status to itself.
pub fn step(from: Status, action: Action) -> Option<Status> {
    Some(action.leads_to(from)).filter(|to| from.may_become(*to))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table of the contract, row by row: from, then yes (x) or no (.) for each status in `Status::ALL` order.
    const TABLE: [(Status, &str); 6] = [
        (Status::Pending, ".xxx.."),
        (Status::Approved, "x..xx."),
        (Status::Rejected, "xx.x.."),
        (Status::Spam, "xxx..."),
        (Status::Removed, "xx.x.."),
        (Status::Erased, "......"),
    ];

    #[test]
    fn every_pair_of_statuses_answers_as_the_contract_says() {
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
    fn nothing_leaves_erased() {
        for &action in Action::ALL {
            assert_eq!(step(Status::Erased, action), None);
        }
    }
}
