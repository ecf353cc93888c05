//! The order of steps: the only place that joins domain, store, limiter, captcha and keyring.

mod access_tokens;
mod assessment;
mod bans;
mod blocking;
mod challenges;
mod clock;
mod concurrency_limits;
mod core;
mod ids;
mod key_admission;
mod maintenance;
mod moderation;
mod page_cache;
mod page_token;
mod policies;
mod privacy;
mod pseudonyms;
mod public_comments;
mod rate_limits;
mod rekeying;
mod request_row;
mod rules;
mod salts;
mod services;
mod single_flight;
mod site_defaults;
mod submissions;

pub use self::{
    access_tokens::{FIRST_TOKENS, Gatekeeper, NewToken},
    assessment::Learned,
    bans::{BanList, BanRequest, BanTarget, Bans, BansRequest, RevokeRequest},
    challenges::{Challenges, VerifyRequest},
    clock::Clock,
    concurrency_limits::Expensive,
    key_admission::{Admission, KeyState, KeyStates, admit_keys, key_states},
    maintenance::Maintenance,
    moderation::{
        AuditList, AuditRequest, BulkDecided, BulkRequest, ClaimNextRequest, ClaimedCases, DecideRequest, Decided,
        EscalateRequest, Moderation, NoteRequest, QueueEvent, QueueList, QueueRequest, QueueWatch, RevertRequest,
        SiteStats,
    },
    page_cache::{PageCache, WrittenList},
    policies::{ApprovePendingRequest, ApprovedPending, ArticleUpdate, LockdownRequest, Policies, SiteUpdate},
    privacy::{EraseRequest, Erased, Export, ExportItem, Person, Privacy, RevealRequest, WithdrawRequest},
    public_comments::{CommentList, ListRequest, ListedThread, PublicComments},
    rules::{Assessed, DeleteTermRequest, MOST_TRIED, PutTermRequest, Rules, TermList, TermsRequest},
    services::{HEARTBEAT, Parts, Services},
    site_defaults::SiteDefaults,
    submissions::{ReportRequest, Submissions, Submitted},
};
