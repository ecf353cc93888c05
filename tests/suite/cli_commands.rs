//! Tests of the client's other commands: the real binary calls a small service with canned responses.

use std::{
    io::{BufRead as _, BufReader},
    process::{Command, Stdio},
};

use duyet_proto::v1::{self, create_ban_request::Subject, revert_request::Target};
use serde_json::Value as Json;

use crate::{
    cli::{CONTESTED, DECIDED, Desk, GONE, LIMITED, PENDING, finish, keys},
    support::canned_service::{BAN, BATCH, ENTRY},
};

#[test]
fn undo_reverts_the_last_decision_one_decision_or_a_batch() {
    let desk = Desk::open();
    let last = desk.run(&["undo"]);
    assert_eq!((last.code, last.stdout.as_str()), (0, format!("{PENDING}: trở lại “chờ duyệt”\n").as_str()));
    assert_eq!(desk.run(&["undo", ENTRY]).code, 0);
    let batch = desk.run(&["undo", "--batch", BATCH, "--lang", "en"]);
    assert_eq!(batch.code, 5, "{}", batch.stderr);
    assert!(batch.stdout.contains(&format!("{PENDING}: back to “pending”")), "{}", batch.stdout);
    assert!(batch.stdout.contains(&format!("Ban {BAN}: reverted")), "{}", batch.stdout);
    let between = format!("{CONTESTED}: minh moved it to “spam” since then, so it stays as it is.");
    assert!(batch.stderr.contains(&between), "{}", batch.stderr);
    assert!(batch.stderr.contains("This was already reverted.") && batch.stderr.contains("Reverted 2 of 4."));
    let targets = desk.asked(|asked| asked.reverts.iter().map(|one| one.target.clone().unwrap()).collect::<Vec<_>>());
    assert_eq!(targets, [Target::Last(true), Target::DecisionId(ENTRY.into()), Target::BatchId(BATCH.into())]);
}

#[test]
fn undo_reports_what_cannot_be_reverted() {
    let desk = Desk::open();
    let unknown = desk.run(&["undo", GONE]);
    assert!(unknown.code == 3 && unknown.stderr.contains("--batch"), "{}", unknown.stderr);
    assert!(!desk.run(&["undo", "--batch", GONE]).stderr.contains("thêm --batch"));
    assert_eq!(desk.run(&["undo", LIMITED]).code, 4);
    let json = desk.run(&["undo", "--batch", BATCH, "--json"]).json();
    let results = json["results"].as_array().unwrap().iter().map(|one| &one["status"]["code"]);
    assert_eq!(results.collect::<Vec<_>>(), [&Json::Null, &10.into(), &9.into(), &Json::Null]);
    assert_eq!(json["results"][1]["status"]["details"][0]["metadata"]["decided_by"], "minh");
    assert_eq!((&json["results"][3]["banId"], &json["results"][3]["commentId"]), (&BAN.into(), &"".into()));
}

#[test]
fn a_bulk_decision_has_a_dry_run_and_decides_the_listed_revisions() {
    let desk = Desk::open();
    let dry = desk.run(&["bulk", "spam", "-q", "vay", "--dry-run", "--lang", "en"]);
    assert_eq!(dry.code, 0, "{}", dry.stderr);
    assert!(dry.stdout.contains(PENDING) && dry.stdout.contains("Would mark as spam 2 comments (pending 2)."));
    assert!(desk.asked(|asked| asked.bulks.is_empty()));
    let json = desk.run(&["bulk", "spam", "-q", "vay", "--dry-run", "--json"]).json();
    assert_eq!((json["items"].as_array().unwrap().len(), &json["action"]), (2, &"ACTION_SPAM".into()));
    assert_eq!((&json["items"][0]["commentId"], &json["items"][0]["expectedRevision"]), (&PENDING.into(), &"7".into()));

    let run = desk.run(&["bulk", "spam", "-q", "vay", "--yes", "--note", "n", "--lang", "en"]);
    assert_eq!(run.code, 5, "{}", run.stderr);
    assert!(run.stdout.contains("Marked as spam: 1; unchanged: 0, failed: 1."), "{}", run.stdout);
    assert!(run.stdout.contains(&format!("duyet undo --batch {BATCH}")), "{}", run.stdout);
    assert!(run.stderr.contains(&format!("{CONTESTED}: minh moved this comment")), "{}", run.stderr);
    desk.asked(|asked| {
        let [bulk] = asked.bulks.as_slice() else { panic!("the service must have received one call") };
        let items = bulk.items.iter().map(|item| (item.comment_id.as_str(), item.expected_revision));
        assert_eq!(items.collect::<Vec<_>>(), [(PENDING, 7), (CONTESTED, 7)]);
        assert_eq!((bulk.action(), bulk.note.as_str()), (v1::Action::Spam, "n"));
        let query = |request: &v1::ListQueueRequest| request.filter.clone().unwrap().query;
        assert!(asked.queues.iter().all(|request| query(request) == "vay"));
    });
    let run = desk.run(&["bulk", "spam", "--article", "bai-1", "--yes", "--json"]);
    assert_eq!((run.code, &run.json()["batchId"]), (5, &BATCH.into()));
    assert_eq!(run.json()["results"].as_array().unwrap().len(), 2);
}

#[test]
fn a_bulk_decision_without_a_filter_or_confirmation_is_a_usage_error() {
    let desk = Desk::open();
    for (args, words) in [
        (["bulk", "approve", "--yes"].as_slice(), "--all"),
        // Stdin is not a terminal here.
        (&["bulk", "approve", "-q", "vay"], "--yes"),
    ] {
        let ran = desk.run(args);
        assert!(ran.code == 2 && ran.stderr.contains(words), "{args:?}: {}", ran.stderr);
    }
    assert_eq!(desk.run(&["bulk", "reject", "-q", "vay", "--yes"]).code, 2, "no reason");
    assert!(desk.asked(|asked| asked.bulks.is_empty() && asked.queues.is_empty()));
    let limited = desk.run(&["bulk", "approve", "--all", "--dry-run", "-n", "1", "--lang", "en"]);
    assert!(limited.stdout.contains("1 comment (pending 1), and more beyond --limit."), "{}", limited.stdout);
}

#[test]
fn a_ban_prints_its_subject_and_the_comments_decided_with_it() {
    let desk = Desk::open();
    let plain = desk.run(&["ban", PENDING, "-r", "insult", "--for", "7d"]);
    assert_eq!(plain.code, 0, "{}", plain.stderr);
    assert!(plain.stdout.contains("Đã chặn thiết bị") && plain.stdout.contains(BAN), "{}", plain.stdout);
    let swept = ["ban", PENDING, "--kind", "fingerprint", "-r", "spam-ad", "--until", "2099-12-01", "--reject-pending"];
    let swept = desk.run(&[swept.as_slice(), &["--lang", "en"]].concat());
    assert_eq!(swept.code, 5, "one comment was decided concurrently: {}", swept.stderr);
    let expected =
        ["The text is banned until 2099-12-01", "Rejected or removed 1 comment", &format!("--batch {BATCH}")];
    assert!(expected.iter().all(|words| swept.stdout.contains(words)), "{}", swept.stdout);
    let author = desk.run(&["ban", "--author", "a1b2", "-r", "insult", "--for", "2w", "--json"]).json();
    assert_eq!(keys(&author).join(" "), "ban more results");
    desk.asked(|asked| {
        let subjects = asked.bans.iter().map(|ban| (ban.subject.clone().unwrap(), ban.subject_kind()));
        let comment = || Subject::CommentId(PENDING.into());
        let expected = [
            (comment(), v1::BanSubject::Device),
            (comment(), v1::BanSubject::Fingerprint),
            (Subject::Author("a1b2".into()), v1::BanSubject::Author),
        ];
        assert_eq!(subjects.collect::<Vec<_>>(), expected);
    });
    assert_eq!(
        desk.run(&["ban", GONE, "-r", "insult", "--for", "1d"]).code,
        1,
        "the comment has no known subject to ban"
    );
    assert_eq!(
        desk.run(&["ban", PENDING, "-r", "insult", "--until", "2020-01-01"]).code,
        2,
        "the end of a ban must not be in the past"
    );
}

#[test]
fn bans_are_listed_and_revoked() {
    let desk = Desk::open();
    let list = desk.run(&["bans", "--ended", "--lang", "en"]);
    for words in [BAN, "device", "block", "insult: chửi bậy", "revoked by minh"] {
        assert!(list.stdout.contains(words), "{words} in {}", list.stdout);
    }
    assert!(list.stderr.contains("--page-token trang-2"), "{}", list.stderr);
    let json = desk.run(&["bans", "--json"]).json();
    assert_eq!(json["bans"].as_array().unwrap().len(), 1);
    assert!(desk.run(&["unban", BAN]).stdout.contains("Đã bỏ lệnh chặn"));
    assert!(desk.run(&["unban", ENTRY]).stdout.contains("từ trước"));
    assert_eq!(desk.run(&["unban", GONE]).code, 3);
    assert_eq!(desk.run(&["unban", BAN, "--json"]).json()["changed"], true);
}

#[test]
fn the_site_is_shown_changed_and_locked_down() {
    let desk = Desk::open();
    let shown = desk.run(&["site"]);
    assert!(shown.code == 0 && shown.stdout.contains("đăng ngay"), "{}{}", shown.stdout, shown.stderr);
    assert!(desk.asked(|asked| asked.sites.is_empty()));
    assert_eq!(desk.run(&["site", "--mode", "pre", "--auto-close", "14"]).code, 0);
    desk.asked(|asked| {
        let site = asked.sites[0].site.clone().unwrap();
        assert_eq!((site.mode(), site.auto_close_days, site.revision), (v1::Mode::Pre, 14, 3));
        assert_eq!(asked.sites[0].update_mask.clone().unwrap().paths, ["mode", "auto_close_days"]);
    });
    let late = desk.run(&["site", "--report-threshold", "999", "--lang", "en"]);
    assert!(late.code == 5 && late.stderr.contains("the site's policy"), "{}", late.stderr);

    let locked = desk.run(&["lockdown", "--for", "2h", "--note", "tấn công"]);
    assert!(locked.code == 0 && locked.stdout.contains("Chế độ khẩn đến"), "{}", locked.stdout);
    let lifted = desk.run(&["lockdown", "--lift", "--lang", "en"]);
    assert!(lifted.stdout.contains("The lockdown is over. Mode in force: published at once."), "{}", lifted.stdout);
    let asked = desk.asked(|asked| asked.lockdowns.iter().map(|one| one.until.is_some()).collect::<Vec<_>>());
    assert_eq!(asked, [true, false]);
    let json = desk.run(&["lockdown", "--until", "2099-12-01", "--note", "x", "--json"]).json();
    assert_eq!(json["site"]["lockdown"]["calledBy"], "lan");
    assert_eq!(desk.run(&["site", "--json"]).json()["site"].get("lockdown"), None);
}

#[test]
fn an_article_can_be_closed_later_opened_for_a_time_and_its_pending_comments_approved() {
    let desk = Desk::open();
    assert_eq!(desk.run(&["close", "bai-1", "--at", "2099-12-01T00:00:00Z"]).code, 0);
    assert!(desk.run(&["open", "bai-1", "--for", "7d"]).stdout.contains("Sẽ tự đóng lúc"));
    assert_eq!(desk.run(&["close", "bai-1", "--at", "2020-12-01"]).code, 2);
    desk.asked(|asked| {
        let paths = asked.articles.iter().map(|one| one.update_mask.clone().unwrap().paths.join(" "));
        assert_eq!(paths.collect::<Vec<_>>(), ["close_at", "mode close_at"]);
        assert!(asked.articles.iter().all(|one| one.article.clone().unwrap().close_at.is_some()));
    });
    let dry = desk.run(&["approve-pending", "bai-1", "--dry-run", "--lang", "en"]);
    assert!(dry.stdout.contains("would approve 12 pending comments; 3 would stay pending"), "{}", dry.stdout);
    let run = desk.run(&["approve-pending", "bai-1", "--max-score", "0.2"]);
    assert!(run.stdout.contains("đã duyệt 12 bình luận") && run.stdout.contains(BATCH), "{}", run.stdout);
    let asked =
        desk.asked(|asked| asked.approve_pendings.iter().map(|one| (one.dry_run, one.max_score)).collect::<Vec<_>>());
    assert_eq!(asked, [(true, None), (false, Some(0.2))]);
    assert_eq!(desk.run(&["approve-pending", "bai-1", "--json"]).json()["released"], 12);
}

#[test]
fn stats_notes_takedowns_and_reveals_are_printed() {
    let desk = Desk::open();
    let stats = desk.run(&["stats", "--since", "7d", "--lang", "en"]).stdout;
    for words in ["Waiting", "10 min", "2 h", "2, 1 overdue", "lan", "12.5", "10%"] {
        assert!(stats.contains(words), "{words} in {stats}");
    }
    let json = desk.run(&["stats", "--json"]).json();
    assert_eq!(json["submitted"], serde_json::json!([{ "status": "COMMENT_STATUS_APPROVED", "count": "40" }]));
    assert_eq!(json["waitingAgeP95"], "7300s");

    assert!(desk.run(&["note", PENDING, "hỏi luật sư"]).stdout.contains("Đã ghi chú"));
    assert_eq!(desk.run(&["note", PENDING, "x", "--json"]).json()["note"]["text"], "x");
    let demand = desk.run(&["escalate", PENDING, "--kind", "authority", "--for", "24h", "--lang", "en"]).stdout;
    assert!(demand.contains("must be decided by") && demand.contains("demanded by an authority"), "{demand}");
    assert_eq!(
        desk.run(&["escalate", PENDING, "--kind", "complaint", "--json"]).json()["takedown"]["kind"],
        "TAKEDOWN_KIND_COMPLAINT"
    );
    let sender = desk.run(&["reveal", PENDING, "--note", "CV 12", "--lang", "en"]);
    assert!(sender.stdout.contains("d0d0") && sender.stdout.contains("unknown") && sender.stderr.contains(ENTRY));
    assert_eq!(desk.run(&["reveal", PENDING, "--note", "x", "--json"]).json()["address"], "");
    assert_eq!(desk.run(&["reveal", PENDING]).code, 2);
    let exported = desk.run(&["export", PENDING]).stdout;
    let lines: Vec<Json> = exported.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((&lines[0]["comment"]["id"], &lines[1]["comment"]), (&PENDING.into(), &Json::Null));
    assert!(
        lines[1]["report"]["note"].as_str().unwrap().contains('\u{1b}') && !exported.contains('\u{1b}'),
        "{exported}"
    );
    let erased = desk.run(&["erase", "--author", "a1b2", "--yes", "--lang", "en"]);
    assert!(erased.stdout.contains("3 comments and 1 report") && erased.stdout.contains(ENTRY), "{}", erased.stdout);
    assert!(erased.stderr.contains("Erased 2 so far; 1 remain"), "{}", erased.stderr);
    let erasures = desk.asked(|asked| asked.erasures.clone());
    assert!(
        erasures.len() == 2 && erasures[0] == erasures[1],
        "every call has the same request id until the erasure is finished: {erasures:?}"
    );
    assert_eq!(desk.run(&["erase", "--author", "a1b2", "--yes", "--json"]).json()["erased"], "3");
    assert_eq!(desk.run(&["erase", "--author", "a1b2"]).code, 2, "without a terminal, the command needs `--yes`");
    assert_eq!(desk.run(&["erase", "--yes"]).code, 2);
    assert_eq!(desk.run(&["export", PENDING, "--author", "a1b2"]).code, 2);
    assert_eq!(desk.run(&["reveal", GONE, "--note", "x"]).code, 4);
}

/// Starts `watch` and interrupts it after some lines.
fn watch(desk: &Desk, args: &[&str], lines: usize) -> (Vec<String>, Option<i32>) {
    let mut command = desk.command(&[&["watch"], args].concat());
    let mut child = command.env("DUYET_TOKEN", "moderator").stderr(Stdio::null()).spawn().unwrap();
    let output = BufReader::new(child.stdout.take().unwrap());
    let read = output.lines().take(lines).map(Result::unwrap).collect();
    let interrupted = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(interrupted.success());
    (read, child.wait().unwrap().code())
}

#[test]
fn a_watch_reconnects_when_the_stream_ends_and_stops_when_interrupted() {
    let desk = Desk::open();
    let (lines, code) = watch(&desk, &["--reported", "--lang", "en"], 4);
    assert_eq!(code, Some(0));
    let expected = lines.iter().map(|line| (line.contains("  pending  "), line.contains("  left (pending)  ")));
    assert_eq!(
        expected.collect::<Vec<_>>(),
        [(true, false), (false, true), (true, false), (false, true)],
        "{lines:#?}"
    );
    assert!(lines.iter().all(|line| line.contains(DECIDED) && !line.contains('\u{1b}')), "{lines:#?}");
    desk.asked(|asked| {
        assert_eq!(asked.watches.len(), 2);
        assert!(asked.watches.iter().all(|watch| watch.filter.as_ref().unwrap().reported));
    });
    let (lines, code) = watch(&Desk::open(), &["--json"], 3);
    let events = lines.iter().map(|line| serde_json::from_str::<Json>(line).unwrap()).collect::<Vec<_>>();
    assert_eq!(code, Some(0));
    assert_eq!(
        events.iter().map(|event| event["event"].as_str().unwrap()).collect::<Vec<_>>(),
        ["QUEUE_EVENT_HEARTBEAT", "QUEUE_EVENT_WAITING", "QUEUE_EVENT_LEFT"]
    );
    assert_eq!((&events[0]["total"], &events[1]["case"]["comment"]["id"]), (&"2".into(), &DECIDED.into()));
}

#[test]
fn a_watch_without_permission_or_server_exits_at_once() {
    let desk = Desk::open();
    assert_eq!(finish(desk.command(&["watch"]).env("DUYET_TOKEN", "portal"), "").code, 4);
    assert_eq!(desk.run(&["watch", "--addr", "127.0.0.1:1"]).code, 6);
}

#[test]
fn the_audit_command_sends_every_filter() {
    let desk = Desk::open();
    let args = ["audit", "--article", "bai-1", "--batch", BATCH, "--ban", BAN, "--action", "CREATE_BAN"];
    assert_eq!(desk.run(&args).code, 0);
    desk.asked(|asked| {
        let audit = &asked.audits[0];
        assert_eq!((audit.article_id.as_str(), audit.action.as_str()), ("bai-1", "CREATE_BAN"));
        assert_eq!((audit.batch_id.as_str(), audit.ban_id.as_str()), (BATCH, BAN));
    });
}

#[test]
fn manual_pages_are_printed_and_written_without_a_server() {
    let desk = Desk::open();
    let page = finish(&mut desk.command(&["man", "undo", "--lang", "en"]), "");
    assert!(page.code == 0 && page.stdout.contains(".SH \"EXIT STATUS\""), "{}", page.stdout);
    assert!(finish(&mut desk.command(&["man"]), "").stdout.contains("MÃ KẾT THÚC"));
    assert_eq!(finish(&mut desk.command(&["man", "nonsense"]), "").code, 2);
    let dir = desk.home.path().join("man1");
    let written = finish(&mut desk.command(&["man", "--dir", dir.to_str().unwrap()]), "").stdout;
    assert!(dir.join("duyet.1").exists() && dir.join("duyet-bulk.1").exists());
    assert_eq!(written.lines().count(), std::fs::read_dir(&dir).unwrap().count());
}
