//! Comments to fetch again because a colleague changed them.

use std::collections::VecDeque;

use chrono::{DateTime, Utc};

/// Comments to fetch again, oldest change first.
#[derive(Debug, Default)]
pub(super) struct RefreshQueue {
    pub(super) wanted: VecDeque<Refresh>,
    pub(super) under_way: Option<Refresh>,
    pub(super) not_before: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone)]
pub(super) struct Refresh {
    pub(super) id: String,
    /// True if the comment still waits for a decision, as far as is known.
    pub(super) waits: bool,
}

impl RefreshQueue {
    pub(super) fn want(&mut self, id: &str, waits: bool) {
        self.wanted.retain(|wanted| wanted.id != id);
        self.wanted.push_back(Refresh { id: id.to_owned(), waits });
    }
}
