//! Tests of the server's keys and the database: rows that only a holder of the keys can create, and rows whose hashes
//! depend on the keys.

use duyet_proto::v1::{
    self, BanEffect, BanSubject, EraseAuthorRequest, ExportAuthorRequest, Outcome, erase_author_request,
    export_author_request,
};
use duyetd::{
    config::Config,
    domain::{
        Error,
        access::{AccessToken, Role},
        id::SiteId,
    },
    keyring::{Keyring, new_access_token, parse_access_token},
    server,
};
use uuid::Uuid;

use crate::support::{
    daemon::duyetd,
    home::Home,
    newsroom::{Database, Desk, Newsroom, Portal, desk_at, on_both_databases, portal_at, reason},
    readers::{Reader, ban_of},
};

on_both_databases! {
    a_token_that_no_server_stored_is_denied,
    a_token_that_was_changed_in_the_database_is_denied,
    tokens_of_an_earlier_version_are_converted_once,
    tokens_stay_valid_after_a_change_of_keys,
    bans_match_after_a_change_of_keys,
    a_reader_stays_one_author_after_a_change_of_keys,
    trust_levels_remain_after_a_change_of_keys,
    a_report_counts_once_before_and_after_a_change_of_keys,
    a_campaign_continues_after_a_change_of_keys,
    a_server_without_a_key_in_use_starts_only_if_the_loss_is_accepted,
    a_key_can_be_removed_when_no_row_uses_it,
}

fn ring(config: &Config) -> String {
    let file = || std::fs::read_to_string(config.data_dir.join("duyet.keys")).unwrap().trim().to_owned();
    config.keys.as_ref().map_or_else(file, |keys| keys.expose().to_owned())
}

fn new_key(kid: u8) -> String {
    Keyring::generate().replacen('1', &kid.to_string(), 1)
}

/// Inserts an ADMIN token as an attacker with write access to the database could: with the plain hash of a chosen
/// secret.
async fn insert_admin(newsroom: &Newsroom, name: &str) -> String {
    let id = Uuid::new_v4();
    let (text, secret_hash) = new_access_token(id);
    let token = AccessToken {
        id,
        site: SiteId::parse("default").unwrap(),
        name: name.into(),
        role: Role::Admin,
        secret_hash,
        macs: vec![],
        created_at: chrono::DateTime::UNIX_EPOCH,
        expires_at: None,
        revoked_at: None,
    };
    let store = Home::beside(&newsroom.config).store;
    loop {
        match store.create_token(&token).await {
            // On a busy machine, the database may return a retryable error.
            Err(Error::StorageUnavailable(_)) => {}
            made => {
                assert!(made.unwrap());
                return text;
            }
        }
    }
}

/// Checks whether the token has the rights of an admin.
async fn is_admin(newsroom: &Newsroom, token: &str) -> bool {
    let mut desk = newsroom.desk_with(token);
    match desk.privacy.reveal_sender(duyet_proto::v1::RevealSenderRequest::default()).await {
        Ok(_) => panic!("an empty request must fail"),
        Err(status) => match reason(&status).as_str() {
            "TOKEN_INVALID" | "ROLE_MISSING" | "MISSING_ROLE" => false,
            "VALIDATION_FAILED" => true,
            other => panic!("{other}"),
        },
    }
}

fn blob(newsroom: &Newsroom, hex: &str) -> String {
    if newsroom.config.database_url.is_some() { format!("'\\x{hex}'") } else { format!("x'{hex}'") }
}

fn id_of(newsroom: &Newsroom, token: &str) -> String {
    let (id, _) = parse_access_token(token).unwrap();
    if newsroom.config.database_url.is_some() { format!("'{id}'") } else { format!("x'{}'", id.simple()) }
}

async fn a_token_that_no_server_stored_is_denied(database: Database) {
    let newsroom = Newsroom::open(database).await;
    assert!(is_admin(&newsroom, &newsroom.token("admin")).await);
    let bare = insert_admin(&newsroom, "ke-gian").await;
    assert!(!is_admin(&newsroom, &bare).await);
    // The attacker also copies another token's MAC, and deletes the record of the keys.
    let home = Home::beside(&newsroom.config);
    let copied = insert_admin(&newsroom, "ke-chep").await;
    let copy = format!(
        "update tokens set macs = (select t.macs from tokens t where t.name = 'admin') where token_id = {};
        delete from server_keys",
        id_of(&newsroom, &copied)
    );
    home.execute(&copy).await.unwrap();
    assert!(!is_admin(&newsroom, &copied).await);
    let newsroom = newsroom.restart_with(|_| {}).await;
    assert!(
        !is_admin(&newsroom, &bare).await && !is_admin(&newsroom, &copied).await,
        "a restart does not make these tokens valid"
    );
    assert!(is_admin(&newsroom, &newsroom.token("admin")).await);
}

async fn a_token_that_was_changed_in_the_database_is_denied(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let home = Home::beside(&newsroom.config);
    let promoted = newsroom.new_token("PORTAL", "default").await;
    home.execute(&format!("update tokens set role = 'ADMIN' where token_id = {}", id_of(&newsroom, &promoted)))
        .await
        .unwrap();
    let moved = newsroom.new_token("ADMIN", "elsewhere").await;
    home.execute(&format!("update tokens set site_id = 'default' where token_id = {}", id_of(&newsroom, &moved)))
        .await
        .unwrap();
    let stolen = newsroom.new_token("ADMIN", "default").await;
    let (mine, hash) = new_access_token(parse_access_token(&stolen).unwrap().0);
    let hash = blob(&newsroom, &hex::encode(hash));
    home.execute(&format!("update tokens set secret_hash = {hash} where token_id = {}", id_of(&newsroom, &stolen)))
        .await
        .unwrap();
    let revoked = newsroom.new_token("ADMIN", "default").await;
    let (id, _) = parse_access_token(&revoked).unwrap();
    assert!(home.store.revoke_token(id, chrono::DateTime::UNIX_EPOCH).await.unwrap());
    home.execute(&format!("update tokens set revoked_at = null where token_id = {}", id_of(&newsroom, &revoked)))
        .await
        .unwrap();
    for token in [promoted, moved, stolen, mine, revoked] {
        assert!(!is_admin(&newsroom, &token).await);
    }
}

async fn tokens_of_an_earlier_version_are_converted_once(database: Database) {
    let newsroom = Newsroom::open(database).await;
    // Restores the state in which an earlier version leaves the database: no MACs and no recorded keys.
    let before = insert_admin(&newsroom, "lau-nam").await;
    let forget = "update tokens set macs = null; delete from server_keys";
    Home::beside(&newsroom.config).execute(forget).await.unwrap();
    let newsroom = newsroom.restart_with(|_| {}).await;
    assert!(is_admin(&newsroom, &before).await && is_admin(&newsroom, &newsroom.token("admin")).await);
    let after = insert_admin(&newsroom, "moi-den").await;
    let newsroom = newsroom.restart_with(|_| {}).await;
    assert!(!is_admin(&newsroom, &after).await);
    assert!(is_admin(&newsroom, &before).await);
}

async fn tokens_stay_valid_after_a_change_of_keys(database: Database) {
    let mut newsroom = Newsroom::open(database).await;
    let (old, new) = (ring(&newsroom.config), new_key(2));
    let ever = newsroom.token("admin");
    for keys in [format!("{old},{new}"), format!("{new},{old}"), new] {
        let newsroom_keys = keys.parse().ok();
        newsroom = newsroom.restart_with(|config| config.keys = newsroom_keys).await;
        assert!(is_admin(&newsroom, &ever).await);
    }
}

fn rings(newsroom: &Newsroom) -> (String, String) {
    let old = ring(&newsroom.config);
    let new = format!("{},{old}", new_key(2));
    (old, new)
}

async fn restart_with_ring(newsroom: Newsroom, ring: &str) -> Newsroom {
    let keys = ring.parse().ok();
    newsroom.restart_with(|config| config.keys = keys).await
}

async fn bans_match_after_a_change_of_keys(database: Database) {
    let mut newsroom = Newsroom::open(database).await;
    let (_, ring) = rings(&newsroom);
    let mut banned = Vec::new();
    for (n, kind) in
        [BanSubject::Device, BanSubject::IpPrefix, BanSubject::Author, BanSubject::Fingerprint].into_iter().enumerate()
    {
        let (mut portal, mut desk) = (newsroom.portal(), newsroom.desk());
        let reader = Reader::new(&mut portal, "Lan", &format!("203.0.{n}.7")).await;
        let id = reader.comment(&mut portal, "bai", &format!("Câu bị cấm {n}")).await;
        let request = ban_of(&mut desk, &id, kind, BanEffect::Block).await;
        let ban = desk.ban(request).await.unwrap().ban.unwrap();
        banned.push((kind, reader, format!("Câu bị cấm {n}"), ban));
    }
    newsroom = restart_with_ring(newsroom, &ring).await;
    let (mut portal, mut desk) = (newsroom.portal(), newsroom.desk());
    for (kind, reader, text, _) in &banned {
        assert!(reader.is_blocked(&mut portal, text).await, "{kind:?}");
        assert!(
            reader.is_blocked(&mut portal, text).await,
            "{kind:?}: after the first call moved the ban to the new key"
        );
    }
    assert!(!Reader::new(&mut portal, "Hoa", "198.51.100.1").await.is_blocked(&mut portal, "Câu khác").await);
    let listed = desk.ban_list(v1::ListBansRequest::default()).await.bans;
    assert_eq!(listed.len(), banned.len());
    assert_eq!(
        Home::beside(&newsroom.config).number("select count(distinct key_mark) from bans").await,
        1,
        "the hashes of all bans use the first key of the new keyring"
    );
    for (_, _, _, ban) in &banned {
        desk.unban(&ban.id).await;
    }
    for (kind, reader, ..) in &banned {
        assert!(!reader.is_blocked(&mut portal, &format!("Được nói lại {kind:?}")).await, "{kind:?}");
    }
    // Creates a new ban from a comment that was submitted before the change of keys.
    let (mut portal, mut desk) = (newsroom.portal(), newsroom.desk());
    let (_, reader, ..) = &banned[1];
    let waiting = desk.queue().await.cases;
    let earlier = waiting.iter().find(|case| case.comment.as_ref().unwrap().content == "Câu bị cấm 1").unwrap();
    let id = earlier.comment.as_ref().unwrap().id.clone();
    let request = ban_of(&mut desk, &id, BanSubject::IpPrefix, BanEffect::Block).await;
    desk.ban(request).await.unwrap();
    assert!(reader.is_blocked(&mut portal, "Lại bị cấm").await);
}

async fn export(desk: &mut Desk, of: export_author_request::Of) -> Vec<String> {
    let mut stream = desk.privacy.export_author(ExportAuthorRequest { of: Some(of) }).await.unwrap().into_inner();
    let mut contents = Vec::new();
    while let Some(one) = stream.message().await.unwrap() {
        contents.push(one.comment.map_or_else(|| "report".to_owned(), |comment| comment.content));
    }
    contents.sort();
    contents
}

async fn a_reader_stays_one_author_after_a_change_of_keys(database: Database) {
    use export_author_request::Of;
    let mut newsroom = Newsroom::open(database).await;
    let (_, ring) = rings(&newsroom);
    let (mut portal, mut desk) = (newsroom.portal(), newsroom.desk());
    let lan = Reader::new(&mut portal, "Lan", "203.0.113.7").await;
    let first = lan.say(&mut portal, "bai", "Câu 1").await.unwrap();
    let silent = Reader::new(&mut portal, "Mai", "203.0.113.8").await;
    let theirs = silent.comment(&mut portal, "bai", "Câu của người khác").await;
    desk.approve(&theirs).await;
    let report = v1::ReportCommentRequest {
        comment_id: theirs.clone(),
        client: Some(v1::ReaderContext { device_token: lan.device_token.clone(), ..Default::default() }),
        request_id: Uuid::new_v4().to_string(),
        ..Default::default()
    };
    portal.comments.report_comment(report).await.unwrap();
    let earlier_key = desk.case(&first.comment_id).await.author_history.unwrap().author;

    newsroom = restart_with_ring(newsroom, &ring).await;
    let (mut portal, mut desk) = (newsroom.portal(), newsroom.desk());
    let mut admin = newsroom.desk_with(&newsroom.token("admin"));
    let second = lan.comment(&mut portal, "bai", "Câu 2").await;
    let history = desk.case(&second).await.author_history.unwrap();
    assert_eq!(history.pending, 1, "the other comment belongs to the same author");
    let all = ["Câu 1", "Câu 2", "report"];
    for of in [
        Of::Receipt(first.receipt.clone()),
        Of::CommentId(first.comment_id.clone()),
        Of::CommentId(second),
        Of::Author(earlier_key.clone()),
        Of::Author(history.author),
    ] {
        assert_eq!(export(&mut admin, of.clone()).await, all, "{of:?}");
    }
    let filter = v1::QueueFilter { author: earlier_key, ..Default::default() };
    let request = v1::ListQueueRequest { filter: Some(filter), ..Default::default() };
    assert_eq!(desk.moderation.list_queue(request).await.unwrap().into_inner().cases.len(), 2);
    let request = EraseAuthorRequest {
        of: Some(erase_author_request::Of::Receipt(first.receipt)),
        note: "theo đơn".into(),
        request_id: Uuid::new_v4().to_string(),
    };
    let erased = admin.privacy.erase_author(request).await.unwrap().into_inner();
    assert_eq!((erased.erased, erased.reports), (2, 1));
    assert_eq!(Home::beside(&newsroom.config).rows("author_keys").await, 0);
    assert_eq!(desk.case(&theirs).await.comment.unwrap().content, "Câu của người khác");
}

async fn trust_levels_remain_after_a_change_of_keys(database: Database) {
    let mut newsroom = Newsroom::open(database).await;
    let (_, ring) = rings(&newsroom);
    let (mut portal, mut desk) = (newsroom.portal(), newsroom.desk());
    let lan = Reader::new(&mut portal, "Lan", "203.0.113.7").await;
    for n in 0..5 {
        let id = lan.comment(&mut portal, "bai", &format!("Câu số {n}")).await;
        desk.approve(&id).await;
    }
    newsroom = restart_with_ring(newsroom, &ring).await;
    let mut portal = newsroom.portal();
    let mut kind = v1::ChallengeKind::Unspecified;
    // The trust level may be missing if the database takes longer than a tenth of a second, so the call is repeated.
    for _ in 0..100 {
        let request = v1::IssueChallengeRequest {
            article_id: "bai".into(),
            accepted_kinds: vec![v1::ChallengeKind::Image.into(), v1::ChallengeKind::NoneNeeded.into()],
            client: Some(v1::ReaderContext { device_token: lan.device_token.clone(), ..Default::default() }),
            ..Default::default()
        };
        kind = portal.captcha.issue_challenge(request).await.unwrap().into_inner().kind();
        if kind == v1::ChallengeKind::NoneNeeded {
            break;
        }
    }
    assert_eq!(kind, v1::ChallengeKind::NoneNeeded);
}

async fn a_report_counts_once_before_and_after_a_change_of_keys(database: Database) {
    let mut newsroom = Newsroom::open(database).await;
    let (_, ring) = rings(&newsroom);
    let (mut portal, mut desk) = (newsroom.portal(), newsroom.desk());
    let lan = Reader::new(&mut portal, "Lan", "203.0.113.7").await;
    let id = lan.comment(&mut portal, "bai", "Câu bị báo").await;
    desk.approve(&id).await;
    let hoa = Reader::new(&mut portal, "Hoa", "198.51.100.7").await;
    let clients = [
        v1::ReaderContext { device_token: hoa.device_token, ..Default::default() },
        v1::ReaderContext { ip: "192.0.2.1".into(), ..Default::default() },
    ];
    let report = |client: &v1::ReaderContext| v1::ReportCommentRequest {
        comment_id: id.clone(),
        client: Some(client.clone()),
        request_id: Uuid::new_v4().to_string(),
        ..Default::default()
    };
    for client in &clients {
        portal.comments.report_comment(report(client)).await.unwrap();
    }
    newsroom = restart_with_ring(newsroom, &ring).await;
    let mut portal = newsroom.portal();
    for client in &clients {
        portal.comments.report_comment(report(client)).await.unwrap();
    }
    let home = Home::beside(&newsroom.config);
    assert_eq!(
        (home.rows("reports").await, home.number("select cast(max(reports) as bigint) from comments").await),
        (2, 2)
    );
}

async fn a_campaign_continues_after_a_change_of_keys(database: Database) {
    let mut newsroom = Newsroom::open(database).await;
    let (_, ring) = rings(&newsroom);
    let text =
        "Cần thanh lý gấp lô hàng điện máy chính hãng, giao tận nhà trong ngày, bảo hành hai năm, ai mua nhắn tin nhé";
    let send = async |newsroom: &Newsroom, n: usize| {
        let mut portal = newsroom.portal();
        let reader = Reader::new(&mut portal, &format!("Người {n}"), &format!("203.0.{n}.7")).await;
        reader.comment(&mut portal, &format!("bai-{n}"), text).await
    };
    for n in 0..3 {
        send(&newsroom, n).await;
    }
    newsroom = restart_with_ring(newsroom, &ring).await;
    let id = send(&newsroom, 3).await;
    let findings = newsroom.desk().case(&id).await.findings;
    assert!(findings.iter().any(|finding| finding.rule == "CAMPAIGN"), "{findings:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_replicas_change_keys_in_two_steps() {
    let newsroom = Newsroom::open(Database::Postgres).await;
    let old = ring(&newsroom.config);
    let new = new_key(2);
    let lan = {
        let mut portal = newsroom.portal();
        let lan = Reader::new(&mut portal, "Lan", "203.0.113.7").await;
        lan.comment(&mut portal, "bai", "Câu 0").await;
        lan
    };
    let (portal_token, admin_token) = (newsroom.token("portal"), newsroom.token("admin"));
    let (config, _dir) = newsroom.halt().await;
    let steps = [
        [old.clone(), format!("{old},{new}")],
        [format!("{old},{new}"), format!("{new},{old}")],
        [format!("{new},{old}"), format!("{new},{old}")],
    ];
    let mut said = 1;
    for step in steps {
        let mut replicas = Vec::new();
        for ring in step {
            let config = Config { keys: ring.parse().ok(), ..config.clone() };
            replicas.push(server::start(config).await.unwrap());
        }
        // The replicas alternate, so that each must find data keyed by the other.
        for replica in replicas.iter().chain(&replicas) {
            let mut portal: Portal = portal_at(replica.grpc_addr, &portal_token);
            let id = lan.comment(&mut portal, "bai", &format!("Câu {said}")).await;
            let mut admin = desk_at(replica.grpc_addr, &admin_token);
            assert_eq!(admin.case(&id).await.author_history.unwrap().pending, said);
            said += 1;
            let found = export(&mut admin, export_author_request::Of::CommentId(id)).await;
            assert_eq!(found.len(), usize::try_from(said).unwrap());
        }
        for replica in replicas {
            replica.stop().await;
        }
    }
}

async fn start_error(config: &Config, ring: &str) -> String {
    let config = Config { keys: ring.parse().ok(), ..config.clone() };
    match server::start(config).await {
        Ok(_) => panic!("the server started with the wrong keyring"),
        Err(error) => format!("{error:#}"),
    }
}

async fn a_server_without_a_key_in_use_starts_only_if_the_loss_is_accepted(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let mut portal = newsroom.portal();
    let reader = Reader::new(&mut portal, "Lan", "203.0.113.7").await;
    reader.comment(&mut portal, "bai", "Câu 1").await;
    let (old, new, same_id) = (ring(&newsroom.config), new_key(2), Keyring::generate());
    let (mut config, dir) = newsroom.halt().await;
    for other in [&new, &same_id, &format!("{new},{same_id}")] {
        let message = start_error(&config, other).await;
        assert!(message.contains("lacks key 1 (fingerprint ") && message.contains("comments 1"), "{message}");
        assert!(message.contains("access tokens 3") && message.contains("--accept-keys"), "{message}");
        assert!(!message.contains(&old[2..]), "{message}");
    }
    if database == Database::Sqlite {
        // Without the file, the server does not create new keys.
        std::fs::rename(dir.path().join("duyet.keys"), dir.path().join("away")).unwrap();
        let message = match server::start(Config { keys: None, ..config.clone() }).await {
            Ok(_) => panic!("the server started without its keys"),
            Err(error) => format!("{error:#}"),
        };
        assert!(message.contains("duyet.keys is missing") && message.contains("comments 1"), "{message}");
        assert!(!dir.path().join("duyet.keys").exists());
        let create = ["token", "create", "--role", "admin", "--site", "default", "--name", "ai"];
        let output = duyetd(dir.path()).args(create).output().unwrap();
        assert!(!output.status.success() && output.stdout.is_empty(), "{output:?}");
    }
    config.keys = new.parse().ok();
    let newsroom = Newsroom::resume(Config { accept_keys: true, ..config }, dir).await;
    assert!(!is_admin(&newsroom, &newsroom.token("admin")).await, "tokens of the lost key are invalid");
    // Accepting the loss once is enough.
    let newsroom = newsroom.restart_with(|config| config.accept_keys = false).await;
    // The lost key can be added to the keyring again.
    let newsroom = restart_with_ring(newsroom, &format!("{new},{old}")).await;
    assert!(is_admin(&newsroom, &newsroom.token("admin")).await);
    let (config, _dir) = newsroom.halt().await;
    assert!(start_error(&config, &same_id).await.contains("lacks key 1"));
}

async fn a_key_can_be_removed_when_no_row_uses_it(database: Database) {
    let mut newsroom = Newsroom::open(database).await;
    let (old, both) = rings(&newsroom);
    // The reader's address is unknown, so the comment has only the keyed hash of the device.
    let reader = Reader { ip: String::new(), ..Reader::new(&mut newsroom.portal(), "Lan", "").await };
    reader.comment(&mut newsroom.portal(), "bai", "Câu 1").await;
    newsroom = restart_with_ring(newsroom, &both).await;
    let alone = both.strip_suffix(&format!(",{old}")).unwrap().to_owned();
    let (config, dir) = newsroom.halt().await;
    assert!(
        start_error(&config, &alone).await.contains("comments 1"),
        "the comment still depends on the old key, because its reader has not returned yet"
    );
    newsroom = Newsroom::resume(config, dir).await;
    reader.comment(&mut newsroom.portal(), "bai", "Câu 2").await;
    let message = doctor(&newsroom.config);
    let (mut newer, mut older) = (String::new(), String::new());
    for line in message.lines() {
        match line.split_whitespace().next() {
            Some("1") => older = line.to_owned(),
            Some("2") => newer = line.to_owned(),
            _ => {}
        }
    }
    assert!(older.contains("held, unused"), "{message}");
    assert!(newer.contains("held") && newer.split_whitespace().nth(3) == Some("2"), "{message}");
    newsroom = restart_with_ring(newsroom, &alone).await;
    reader.comment(&mut newsroom.portal(), "bai", "Câu 3").await;
    assert!(is_admin(&newsroom, &newsroom.token("admin")).await);
    let said = newsroom.portal().say("bai", "Câu 4").await;
    assert_eq!(said.outcome(), Outcome::Pending);
}

/// Returns the output of `duyetd doctor`, which runs while the server is running.
fn doctor(config: &Config) -> String {
    let mut command = duyetd(&config.data_dir);
    command.arg("doctor").env("DUYET_KEYS", config.keys.as_ref().unwrap().expose());
    if let Some(url) = &config.database_url {
        command.env("DATABASE_URL", url.expose());
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}
