//! `RuleService`.

use std::sync::Arc;

use duyet_proto::v1::{self, rule_service_server::RuleService};
use tonic::{Request, Response, Status, async_trait};
use uuid::Uuid;

use super::{
    call::Call,
    convert::{
        case::to_findings,
        values::{
            from_term_state, from_term_tier, required, to_status, to_term_state, to_term_tier, to_time, to_verdict,
        },
    },
};
use crate::{
    domain::{
        Result,
        budget::ByteBudget,
        comment::FormText,
        form,
        id::parse_uuid,
        page::page_size,
        spam::{
            SpamVerdict, Term, TermDraft,
            trial::{ByDecision, Collisions, Example, Replay, RuleCount},
        },
        violation::{Problem, Violations},
    },
    service::{DeleteTermRequest, MOST_TRIED, PutTermRequest, Rules, Services, TermsRequest},
};

/// Number of decided comments that `ReplayRules` evaluates by default.
const REPLAYED: usize = 2_000;
/// Longest query in bytes: the length of the longest pattern.
const MAX_QUERY_BYTES: usize = 800;

/// `RuleService`.
#[derive(Clone)]
pub(super) struct RuleGrpc {
    rules: Arc<Rules>,
}

impl RuleGrpc {
    pub(super) fn new(services: &Services) -> Self {
        Self { rules: Arc::clone(&services.rules) }
    }
}

#[async_trait]
impl RuleService for RuleGrpc {
    async fn list_terms(
        &self,
        request: Request<v1::ListTermsRequest>,
    ) -> Result<Response<v1::ListTermsResponse>, Status> {
        let call = Call::of(&request)?;
        call.answer(self.list_terms(&call, request.into_inner()).await)
    }

    async fn put_term(&self, request: Request<v1::PutTermRequest>) -> Result<Response<v1::PutTermResponse>, Status> {
        let call = Call::of(&request)?;
        call.answer(self.put_term(&call, request.into_inner()).await)
    }

    async fn delete_term(
        &self,
        request: Request<v1::DeleteTermRequest>,
    ) -> Result<Response<v1::DeleteTermResponse>, Status> {
        let call = Call::of(&request)?;
        call.answer(self.delete_term(&call, &request.into_inner()).await)
    }

    async fn assess_text(
        &self,
        request: Request<v1::AssessTextRequest>,
    ) -> Result<Response<v1::AssessTextResponse>, Status> {
        let call = Call::of(&request)?;
        call.answer(self.assess_text(&call, &request.into_inner()))
    }

    async fn replay_rules(
        &self,
        request: Request<v1::ReplayRulesRequest>,
    ) -> Result<Response<v1::ReplayRulesResponse>, Status> {
        let call = Call::of(&request)?;
        call.answer(self.replay_rules(&call, request.into_inner()).await)
    }
}

impl RuleGrpc {
    async fn list_terms(&self, call: &Call, request: v1::ListTermsRequest) -> Result<v1::ListTermsResponse> {
        let mut violations = Violations::default();
        violations.check_length("query", &request.query, MAX_QUERY_BYTES, MAX_QUERY_BYTES);
        violations.into_result()?;
        let size = page_size(request.page_size, 50, 200);
        let request = TermsRequest { query: request.query, size, page_token: request.page_token };
        let list = self.rules.list_terms(&call.caller.site, &request).await?;
        let terms = list.terms.into_iter().map(to_term).collect();
        Ok(v1::ListTermsResponse { terms, next_page_token: list.next_page_token })
    }

    async fn put_term(&self, call: &Call, request: v1::PutTermRequest) -> Result<v1::PutTermResponse> {
        let mut violations = Violations::default();
        // A dry run stores nothing, so it needs no idempotency key.
        let needs_none = request.request_id.is_empty() && request.dry_run;
        let request_id =
            if needs_none { Some(Uuid::nil()) } else { form::check_request_id(&request.request_id, &mut violations) };
        let term = violations.take("term", request.term, Problem::Required);
        let put = term.and_then(|term| put_request(term, request_id, &mut violations));
        let put = violations.finish(|| put)?;
        if request.dry_run {
            let tried = self.rules.try_term(&call.caller, &put, call.now).await?;
            return Ok(tried.convert(|(term, report)| v1::PutTermResponse {
                term: Some(to_term(term)),
                collisions: Some(to_collisions(report)),
            }));
        }
        let term = self.rules.put_term(&call.caller, put, call.now).await?;
        Ok(v1::PutTermResponse { term: Some(to_term(term)), collisions: None })
    }

    async fn delete_term(&self, call: &Call, request: &v1::DeleteTermRequest) -> Result<v1::DeleteTermResponse> {
        let mut violations = Violations::default();
        let problem = if request.term_id.is_empty() { Problem::Required } else { Problem::NotAUuid };
        let id = violations.take("term_id", parse_uuid(&request.term_id), problem);
        if request.revision <= 0 {
            violations.add("revision", Problem::Required);
        }
        let request_id = form::check_request_id(&request.request_id, &mut violations);
        let revision = request.revision;
        let request = violations.finish(|| Some(DeleteTermRequest { id: id?, revision, request_id: request_id? }))?;
        let term = self.rules.delete_term(&call.caller, request, call.now).await?;
        Ok(v1::DeleteTermResponse { term: Some(to_term(term)) })
    }

    fn assess_text(&self, call: &Call, request: &v1::AssessTextRequest) -> Result<v1::AssessTextResponse> {
        let mut violations = Violations::default();
        let v1::AssessTextRequest { author_name, title, content } = request;
        let text = FormText::check_unsigned(author_name, title, content, &self.rules.text_limits(), &mut violations);
        violations.into_result()?;
        let assessed = self.rules.assess_text(&call.caller, &text)?;
        Ok(assessed.convert(|assessed| v1::AssessTextResponse {
            score: assessed.assessment.score,
            verdict: to_verdict(assessed.verdict).into(),
            findings: to_findings(assessed.assessment.findings, call.locale),
            decisions: assessed.decisions,
            model_version: assessed.model_version,
        }))
    }

    async fn replay_rules(&self, call: &Call, request: v1::ReplayRulesRequest) -> Result<v1::ReplayRulesResponse> {
        let mut violations = Violations::default();
        let with = request.term.and_then(|term| put_request(term, Some(Uuid::nil()), &mut violations));
        violations.into_result()?;
        let limit = page_size(request.limit, REPLAYED, MOST_TRIED);
        let replay = self.rules.replay_rules(&call.caller, with.as_ref(), limit, call.now).await?;
        Ok(replay.convert(to_replay))
    }
}

fn put_request(term: v1::Term, request_id: Option<Uuid>, violations: &mut Violations) -> Option<PutTermRequest> {
    let v1::Term { id, pattern, tier, state, weight, note, revision, updated_by: _, updated_at: _ } = term;
    let is_new = id.is_empty();
    let id = if is_new { None } else { violations.take("term.id", parse_uuid(&id), Problem::NotAUuid) };
    // A change needs the revision that the caller saw, and a new term cannot have one.
    if is_new != (revision == 0) || revision < 0 {
        violations.add("term.revision", if is_new { Problem::OutOfRange } else { Problem::Required });
    }
    let tier = required(tier, from_term_tier, "term.tier", violations);
    let state = required(state, from_term_state, "term.state", violations);
    let draft = TermDraft::check(&pattern, tier, state, weight, &note, violations)?;
    Some(PutTermRequest { id, revision, draft, request_id: request_id? })
}

fn to_term(term: Term) -> v1::Term {
    v1::Term {
        id: term.id.to_string(),
        pattern: term.pattern,
        tier: to_term_tier(term.tier).into(),
        state: to_term_state(term.state).into(),
        weight: term.weight,
        note: term.note,
        revision: term.revision,
        updated_by: term.updated_by,
        updated_at: Some(to_time(term.updated_at)),
    }
}

fn to_collisions(report: Collisions) -> v1::TermCollisions {
    v1::TermCollisions {
        would_match: count(report.would_match),
        sampled: count(report.sampled),
        examples: report.examples.into_iter().map(to_example).collect(),
    }
}

fn to_example(example: Example) -> v1::RuleExample {
    v1::RuleExample {
        comment_id: example.id.to_string(),
        text: example.text,
        status: to_status(example.status).into(),
        verdict: to_verdict(example.verdict).into(),
        score: example.score,
    }
}

fn to_replay(replay: Replay) -> v1::ReplayRulesResponse {
    let rows =
        [(SpamVerdict::Publish, replay.publish), (SpamVerdict::Hold, replay.hold), (SpamVerdict::Spam, replay.spam)];
    let row = |(verdict, decided)| v1::VerdictCount {
        verdict: to_verdict(verdict).into(),
        decided: Some(to_decision_count(decided)),
    };
    let rule = |RuleCount { rule, term, pattern, met }| v1::RuleCount {
        pattern,
        rule: rule.to_string(),
        term_id: term.map(|id| id.to_string()).unwrap_or_default(),
        met: Some(to_decision_count(met)),
    };
    let mut rules = replay.rules;
    // The rules with the most matches come first, so the others are cut off when the response is full.
    rules.truncate(ByteBudget::default().fitting(&rules));
    v1::ReplayRulesResponse {
        verdicts: rows.into_iter().map(row).collect(),
        rules: rules.into_iter().map(rule).collect(),
        examples: replay.examples.into_iter().map(to_example).collect(),
    }
}

fn to_decision_count(counts: ByDecision) -> v1::DecisionCount {
    let ByDecision { approved, rejected, spam } = counts;
    v1::DecisionCount { approved: count(approved), refused: count(rejected), spam: count(spam) }
}

fn count(of: usize) -> i32 {
    i32::try_from(of).unwrap_or(i32::MAX)
}
