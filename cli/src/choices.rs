//! Words of the command line for values of the wire, in two spellings: `ip-prefix` and `IP_PREFIX`.

use clap::ValueEnum;

use duyet_proto::v1;

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
    /// A comment's status.
    StatusChoice: CommentStatus {
        Pending = "PENDING", Approved = "APPROVED", Rejected = "REJECTED",
        Spam = "SPAM", Removed = "REMOVED", Erased = "ERASED",
    }
}

choices! {
    /// How an open article takes comments.
    ModeChoice: Mode { Pre = "PRE", Post = "POST", Hybrid = "HYBRID" }
}

choices! {
    /// In which order the queue comes.
    OrderChoice: QueueOrder {
        Oldest = "OLDEST", Newest = "NEWEST", Score = "SCORE", Reports = "REPORTS", Due = "DUE",
    }
}

choices! {
    /// What a bulk decision does.
    VerbChoice: Action { Approve = "APPROVE", Reject = "REJECT", Spam = "SPAM", Requeue = "REQUEUE" }
}

choices! {
    /// What of a comment is banned.
    SubjectChoice: BanSubject {
        Device = "DEVICE", IpPrefix = "IP_PREFIX", Fingerprint = "FINGERPRINT", Author = "AUTHOR",
    }
}

choices! {
    /// What a ban does.
    EffectChoice: BanEffect { Block = "BLOCK", Hold = "HOLD" }
}

choices! {
    /// Who demands that a comment be taken down.
    DemandChoice: TakedownKind { Authority = "AUTHORITY", Complaint = "COMPLAINT" }
}

choices! {
    /// How a term is matched.
    TierChoice: TermTier { Exact = "EXACT", Stripped = "STRIPPED", Teencode = "TEENCODE" }
}

choices! {
    /// Whether a term does anything.
    StateChoice: TermState { Off = "OFF", Shadow = "SHADOW", Enforce = "ENFORCE" }
}

/// How articles that set no mode take comments.
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
    /// What the service is configured to do.
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

/// Words of the audit, which has names where the rest of the wire has enums.
macro_rules! actions {
    ($($variant:ident = $name:literal),+ $(,)?) => {
        /// An audit entry's action.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
        pub(super) enum ActionChoice {
            $(#[value(alias = $name)] $variant,)+
        }

        impl ActionChoice {
            /// Returns the audit's name of the action.
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
