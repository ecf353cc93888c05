//! The order of steps: the only place that joins domain, store, limiter, captcha and keyring.

mod access_tokens;
mod assessment;
mod bans;
mod blocking;
mod challenges;
mod concurrency_limit;
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
mod submissions;

pub use self::{
    access_tokens::{FIRST_TOKENS, Gatekeeper, NewToken},
    bans::{BanList, BanRequest, BanTarget, BansRequest, RevokeRequest},
    challenges::VerifyRequest,
    concurrency_limit::Cost,
    core::{Rules, Workflow},
    key_admission::{Admission, KeyState, KeyStates, admit_keys, key_states},
    maintenance::Learned,
    moderation::{
        AuditList, AuditRequest, BulkDecided, BulkRequest, ClaimNextRequest, ClaimedCases, Clock, DecideRequest,
        Decided, EscalateRequest, QueueEvent, QueueList, QueueRequest, QueueWatch, RevertRequest,
    },
    page_cache::Pages,
    policies::{ArticleUpdate, LockdownRequest, ReleaseRequest, Released, SiteUpdate},
    privacy::{EraseRequest, Erased, Export, ExportItem, Person, RevealRequest, WithdrawRequest},
    public_comments::{CommentList, ListRequest, ListedThread, WrittenList},
    rules::{Assessed, DeleteTermRequest, MOST_TRIED, PutTermRequest, TermList, TermsRequest},
    submissions::{NoteRequest, ReportRequest, Submitted},
};
