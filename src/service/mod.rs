//! The order of steps: the only place that joins domain, store, limiter, captcha and keyring.

mod access_tokens;
mod assessment;
mod bans;
mod blocking;
mod challenges;
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
mod single_flight;
mod site_defaults;
mod submissions;
mod workflow;

pub use self::{
    access_tokens::{FIRST_TOKENS, Gatekeeper, NewToken},
    assessment::Learned,
    bans::{BanList, BanRequest, BanTarget, BansRequest, RevokeRequest},
    challenges::VerifyRequest,
    concurrency_limits::Cost,
    key_admission::{Admission, KeyState, KeyStates, admit_keys, key_states},
    moderation::{
        AuditList, AuditRequest, BulkDecided, BulkRequest, ClaimNextRequest, ClaimedCases, Clock, DecideRequest,
        Decided, EscalateRequest, QueueEvent, QueueList, QueueRequest, QueueWatch, RevertRequest,
    },
    page_cache::PageCache,
    policies::{ApprovePendingRequest, ApprovedPending, ArticleUpdate, LockdownRequest, SiteUpdate},
    privacy::{EraseRequest, Erased, Export, ExportItem, Person, RevealRequest, WithdrawRequest},
    public_comments::{CommentList, ListRequest, ListedThread, WrittenList},
    rules::{Assessed, DeleteTermRequest, MOST_TRIED, PutTermRequest, TermList, TermsRequest},
    site_defaults::SiteDefaults,
    submissions::{NoteRequest, ReportRequest, Submitted},
    workflow::Workflow,
};
