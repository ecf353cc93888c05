//! Values of the API as words of the command line, in two spellings: `ip-prefix` and `IP_PREFIX`.

use clap::ValueEnum;

use duyet_proto::v1;

/// Defines an enum of words, each with its value of the API.
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
    /// A comment's status.
    StatusChoice: CommentStatus {
        Pending = "PENDING", Approved = "APPROVED", Rejected = "REJECTED",
        Spam = "SPAM", Removed = "REMOVED", Erased = "ERASED",
    }
}

choices! {
    /// How an article takes comments while it is open.
    ModeChoice: Mode { Pre = "PRE", Post = "POST", Hybrid = "HYBRID" }
}

choices! {
    /// The order of the queue.
    OrderChoice: QueueOrder {
        Oldest = "OLDEST", Newest = "NEWEST", Score = "SCORE", Reports = "REPORTS", Due = "DUE",
    }
}

choices! {
    /// The decision of a bulk command.
    VerbChoice: Action { Approve = "APPROVE", Reject = "REJECT", Spam = "SPAM", Requeue = "REQUEUE" }
}

choices! {
    /// The kind of a ban's subject.
    SubjectChoice: BanSubject {
        Device = "DEVICE", IpPrefix = "IP_PREFIX", Fingerprint = "FINGERPRINT", Author = "AUTHOR",
    }
}

choices! {
    /// The effect of a ban.
    EffectChoice: BanEffect { Block = "BLOCK", Hold = "HOLD" }
}

choices! {
    /// Who demands a takedown.
    DemandChoice: TakedownKind { Authority = "AUTHORITY", Complaint = "COMPLAINT" }
}

choices! {
    /// How a term is matched.
    TierChoice: TermTier { Exact = "EXACT", Stripped = "STRIPPED", Teencode = "TEENCODE" }
}

choices! {
    /// Whether a term takes effect.
    StateChoice: TermState { Off = "OFF", Shadow = "SHADOW", Enforce = "ENFORCE" }
}

/// How articles without a mode of their own take comments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum SiteModeChoice {
    #[value(alias = "PRE")]
    Pre,
    #[value(alias = "POST")]
    Post,
    #[value(alias = "HYBRID")]
    Hybrid,
    #[value(alias = "CLOSED")]
    Closed,
    #[value(alias = "HIDDEN")]
    Hidden,
    /// The mode of the server's configuration.
    Default,
}

impl From<SiteModeChoice> for v1::Mode {
    fn from(choice: SiteModeChoice) -> Self {
        match choice {
            SiteModeChoice::Pre => Self::Pre,
            SiteModeChoice::Post => Self::Post,
            SiteModeChoice::Hybrid => Self::Hybrid,
            SiteModeChoice::Closed => Self::Closed,
            SiteModeChoice::Hidden => Self::Hidden,
            SiteModeChoice::Default => Self::Unspecified,
        }
    }
}

/// Defines the actions of the audit log, which the API represents by names instead of an enum.
macro_rules! actions {
    ($($variant:ident = $name:literal),+ $(,)?) => {
        /// The action of an audit entry.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
        pub(super) enum ActionChoice {
            $(#[value(alias = $name)] $variant,)+
        }

        impl ActionChoice {
            /// Returns the action's name in the audit log.
            pub(super) const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }
        }
    };
}

actions! {
    Approve = "APPROVE", Reject = "REJECT", Spam = "SPAM", Requeue = "REQUEUE", Revert = "REVERT", Expire = "EXPIRE",
    Escalate = "ESCALATE", CreateBan = "CREATE_BAN", RevokeBan = "REVOKE_BAN", UpdateArticle = "UPDATE_ARTICLE",
    UpdateSite = "UPDATE_SITE", Lockdown = "LOCKDOWN", RevealSender = "REVEAL_SENDER", Erase = "ERASE", Withdraw = "WITHDRAW",
    Purge = "PURGE", PutTerm = "PUT_TERM", DeleteTerm = "DELETE_TERM", StandDownTerm = "STAND_DOWN_TERM",
}
