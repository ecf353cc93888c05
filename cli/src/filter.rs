//! Converts the filter of the command line to that of the API.

use super::args::Filter;
use duyet_proto::v1;

impl Filter {
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl From<Filter> for v1::QueueFilter {
    fn from(filter: Filter) -> Self {
        let claimed = match (filter.claims.claimed, filter.claims.unclaimed) {
            (true, _) => Some(true),
            (_, true) => Some(false),
            (false, false) => None,
        };
        Self {
            status: filter.status.into_iter().map(|status| v1::CommentStatus::from(status).into()).collect(),
            article_id: filter.article.unwrap_or_default(),
            query: filter.query.unwrap_or_default(),
            rule: filter.rule.unwrap_or_default(),
            author: filter.author.unwrap_or_default(),
            min_score: filter.min_score,
            max_score: filter.max_score,
            unreviewed: filter.unreviewed,
            claimed,
            reported: filter.reported,
            campaign_of: filter.campaign.map(|id| id.to_string()).unwrap_or_default(),
            ignore_marks: filter.ignore_marks,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::args::{Cli, Command};

    fn parse(args: &[&str]) -> Filter {
        let cli = Cli::try_parse_from([&["duyet", "watch"], args].concat()).unwrap();
        let Command::Watch { filter } = cli.command else { panic!("another command") };
        filter
    }

    #[test]
    fn the_claim_filter_has_three_states() {
        let asked = |args: &[&str]| v1::QueueFilter::from(parse(args)).claimed;
        assert_eq!([asked(&["--claimed"]), asked(&["--unclaimed"]), asked(&[])], [Some(true), Some(false), None]);
    }

    #[test]
    fn a_filter_with_any_condition_is_not_empty() {
        assert!(parse(&[]).is_empty());
        let campaign = ["--campaign", "01970000-0000-7000-8000-000000000001"];
        for condition in
            [["--reported"].as_slice(), &campaign, &["--min-score", "0"], &["--status", "spam"], &["--claimed"]]
        {
            assert!(!parse(condition).is_empty(), "{condition:?}");
        }
    }
}
