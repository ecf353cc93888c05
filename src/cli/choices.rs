//! Words of the command line for values of the wire, in their two spellings: `spam-ad` and `SPAM_AD`.

use clap::ValueEnum;

use crate::proto::v1;

/// A closed list of words, each with the wire's value.
macro_rules! choices {
    ($(#[$doc:meta])* $name:ident: $wire:ident { $($variant:ident = $alias:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
        pub(super) enum $name {
            $(#[value(alias = $alias)] $variant,)+
        }

        impl From<$name> for v1::$wire {
            fn from(choice: $name) -> Self {
                match choice {
                    $($name::$variant => Self::$variant,)+
                }
            }
        }
    };
}

choices! {
    /// Where a comment stands.
    StatusChoice: CommentStatus {
        Pending = "PENDING", Approved = "APPROVED", Rejected = "REJECTED",
        Spam = "SPAM", Removed = "REMOVED", Erased = "ERASED",
    }
}

choices! {
    /// Why a comment is refused. `EXPIRED` is the service's own and missing.
    ReasonChoice: Reason {
        OffTopic = "OFF_TOPIC", Insult = "INSULT", Hate = "HATE", SpamAd = "SPAM_AD", PersonalData = "PERSONAL_DATA",
        FalseInfo = "FALSE_INFO", Illegal = "ILLEGAL", Language = "LANGUAGE", Duplicate = "DUPLICATE", Other = "OTHER",
    }
}

choices! {
    /// How an open article takes comments.
    ModeChoice: Mode { Pre = "PRE", Post = "POST", Hybrid = "HYBRID" }
}

choices! {
    /// In which order the queue comes.
    OrderChoice: QueueOrder { Oldest = "OLDEST", Newest = "NEWEST", Score = "SCORE" }
}

/// What an audit line tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ActionChoice {
    #[value(alias = "APPROVE")]
    Approve,
    #[value(alias = "REJECT")]
    Reject,
    #[value(alias = "SPAM")]
    Spam,
    #[value(alias = "REQUEUE")]
    Requeue,
    #[value(alias = "UPDATE_ARTICLE")]
    UpdateArticle,
}

impl ActionChoice {
    /// The audit's own name.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Approve => "APPROVE",
            Self::Reject => "REJECT",
            Self::Spam => "SPAM",
            Self::Requeue => "REQUEUE",
            Self::UpdateArticle => "UPDATE_ARTICLE",
        }
    }
}
