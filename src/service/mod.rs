//! The use cases. Only this layer joins domain, store, limiter, captcha and keyring. Every method that uses the store
//! may also fail with the store's error, whether or not its documentation lists that.

mod access;
mod bans;
mod blocking;
mod challenges;
mod clock;
mod core;
mod ids;
mod key_admission;
mod maintenance;
mod moderation;
mod page_token;
mod policies;
mod privacy;
mod public_comments;
mod rekeying;
mod request_row;
mod rules;
mod services;
mod submissions;

pub use self::{
    access::{AccessTokens, Authenticator, FIRST_TOKENS, NewToken},
    bans::{BanList, BanRequest, BanTarget, Bans, BansRequest, RevokeRequest},
    challenges::{Challenges, VerifyRequest},
    clock::Clock,
    core::{
        assessment::Learned,
        concurrency_limits::Expensive,
        page_cache::{PageCache, WrittenList},
        site_defaults::SiteDefaults,
    },
    key_admission::{Admission, KeyState, KeyStates, admit_keys, key_states},
    maintenance::Maintenance,
    moderation::{
        AuditList, AuditRequest, BulkDecided, BulkRequest, ClaimNextRequest, ClaimedCases, DecideRequest, Decided,
        EscalateRequest, Moderation, NoteRequest, QueueEvent, QueueList, QueueRequest, QueueWatch, RevertRequest,
        SiteStats,
    },
    policies::{ApprovePendingRequest, ApprovedPending, ArticleUpdate, LockdownRequest, Policies, SiteUpdate},
    privacy::{EraseRequest, Erased, Export, ExportItem, Person, Privacy, RevealRequest, WithdrawRequest},
    public_comments::{CommentList, ListRequest, ListedThread, PublicComments},
    rules::{Assessed, DeleteTermRequest, MOST_TRIED, PutTermRequest, Rules, TermList, TermsRequest},
    services::{HEARTBEAT, Parts, Services},
    submissions::{ReportRequest, Submissions, Submitted},
};
