use duyetd::domain::{
    ban::{BanEffect, BanKind, BanMove, BanSubject},
    id::CommentId,
    key::{DeviceNames, KeyMark, KeyRecord, KeyUsage, RekeyedText, Rekeying},
    pseudonym::Pseudonym,
    report::Reported,
    submission::Submission,
};
use duyetd::store::contract::KeyRecording;

use crate::support::{
    home::Home,
    sample::{at, ban, published, report, site, submission},
};

const OLD: KeyMark = KeyMark(11);
const NEW: KeyMark = KeyMark(22);

fn names(device: u8, author: &str) -> DeviceNames {
    DeviceNames { device: [device; 16], author: author.repeat(16) }
}

/// Builds a comment by a device under the old key.
fn sent(n: i64, names: &DeviceNames) -> Submission {
    let mut submission = published(n);
    submission.sender.device = Some(names.device);
    submission.sender.author.clone_from(&names.author);
    submission.sender.prefix = Some([5; 16]);
    submission.sender.key = Some(OLD);
    submission
}

fn rekeying(from: &DeviceNames, to: &DeviceNames, key: KeyMark, comments: &[CommentId]) -> Rekeying {
    let text = |comment: &CommentId| RekeyedText { comment: *comment, fingerprint: [8; 16], skeleton: Some([9; 16]) };
    let texts = comments.iter().map(text).collect();
    Rekeying { site: site(), from: from.clone(), to: to.clone(), key, texts }
}

impl Home {
    async fn usage(&self, key: Option<KeyMark>) -> KeyUsage {
        let usage = self.store.key_usage(at(50), at(0)).await.unwrap();
        usage.into_iter().find(|(one, _)| *one == key).map(|(_, usage)| usage).unwrap_or_default()
    }
}

contract! {
    async fn rekeying_a_device_changes_only_its_rows(home: &Home) {
        let (from, to, other) = (names(1, "a"), names(2, "b"), names(3, "c"));
        let (mine, theirs) = (sent(1, &from), sent(2, &other));
        let (id, others) = (mine.comment.id, theirs.comment.id);
        home.store_all(&[mine, theirs]).await;
        for (reader, key) in [(1, OLD), (2, NEW), (4, OLD)] {
            let report = duyetd::domain::report::Report { key, ..report(3, others, reader) };
            assert_ne!(home.store.report(&report).await.unwrap(), Reported::Known);
        }
        // The other comment is not by `from`, so it is not rekeyed although it was requested.
        home.store.rekey(&rekeying(&from, &to, NEW, &[id, others])).await.unwrap();
        let trace = home.store.find_sender(&site(), id).await.unwrap().unwrap();
        assert_eq!((trace.sender.device, &trace.sender.author), (Some(to.device), &to.author));
        assert_eq!((trace.sender.key, trace.address_key, trace.sender.prefix), (Some(NEW), Some(OLD), Some([5; 16])));
        assert_eq!(trace.fingerprint, [8; 16]);
        let trace = home.store.find_sender(&site(), others).await.unwrap().unwrap();
        assert_eq!((trace.sender.device, trace.sender.key, trace.address_key), (Some(other.device), Some(OLD), None));
        assert_eq!(home.rows("reports").await, 2, "reports of one reader under both keys count once");
        assert_eq!(home.store.reports_by(&site(), to.device).await.unwrap().len(), 1);
        assert_eq!(home.store.reports_by(&site(), from.device).await.unwrap(), []);
    }

    async fn all_author_keys_of_a_reader_are_found_after_several_changes(home: &Home) {
        let [first, second, third] = [("a", 1), ("b", 2), ("c", 3)].map(|(author, device)| names(device, author));
        let keys = async |author: &str| home.store.author_keys(&site(), author).await.unwrap();
        assert_eq!(keys(&first.author).await, std::slice::from_ref(&first.author));
        home.store_all(&[sent(1, &third)]).await;
        home.store.rekey(&rekeying(&first, &second, NEW, &[])).await.unwrap();
        home.store.rekey(&rekeying(&second, &third, NEW, &[])).await.unwrap();
        let all = [third.author.clone(), first.author.clone(), second.author.clone()];
        for one in [&first, &second, &third] {
            assert_eq!(keys(&one.author).await, all);
        }
        // A replica that has an earlier key first changes the author key back.
        home.store.rekey(&rekeying(&third, &second, OLD, &[])).await.unwrap();
        assert_eq!(keys(&third.author).await[0], second.author);
        assert_eq!(keys(&second.author).await.len(), 3);
        let forgotten = home.store.forget_idle_authors(&site()).await.unwrap();
        assert_eq!(forgotten, 1, "a link whose keys have no comments is deleted");
        home.store.forget_author_keys(&site(), &all).await.unwrap();
        assert_eq!(home.rows("author_keys").await, 0);
    }

    async fn bans_get_the_subjects_of_another_key(home: &Home) {
        let subject = |key: u8| BanSubject { kind: BanKind::Device, key: vec![key; 16] };
        for key in [1_u8, 2] {
            home.store.create_ban(&ban(1, BanKind::Device, &[key; 16], BanEffect::Block)).await.unwrap();
        }
        let moves = [BanMove { from: subject(1), to: subject(7) }, BanMove { from: subject(3), to: subject(8) }];
        assert_eq!(home.store.rekey_bans(&site(), &moves, NEW).await.unwrap(), 1);
        assert_eq!((home.usage(Some(NEW)).await.bans, home.usage(None).await.bans), (1, 1));
    }

    async fn rows_within_their_retention_are_counted_by_key(home: &Home) {
        let (from, to) = (names(1, "a"), names(2, "b"));
        let (mine, unmarked) = (sent(1, &from), submission(2));
        let id = mine.comment.id;
        home.store_all(&[mine, unmarked]).await;
        assert_eq!(home.usage(Some(OLD)).await, KeyUsage { comments: 1, ..KeyUsage::default() });
        assert_eq!(home.usage(None).await, KeyUsage { comments: 1, ..KeyUsage::default() });
        home.store.rekey(&rekeying(&from, &to, NEW, &[id])).await.unwrap();
        assert_eq!(home.usage(Some(OLD)).await, KeyUsage { addresses: 1, ..KeyUsage::default() });
        assert_eq!(home.usage(Some(NEW)).await, KeyUsage { comments: 1, ..KeyUsage::default() });
        let later = home.store.key_usage(at(50), at(40)).await.unwrap();
        assert!(later.iter().all(|(_, usage)| usage.addresses == 0), "{later:?}");
    }

    async fn a_key_is_recorded_once_and_can_return_after_it_was_given_up(home: &Home) {
        let key = |mark| KeyRecord { mark, kid: 1, fingerprint: [3; 32] };
        let recording = |keys: Vec<KeyRecord>, are_first, given_up| {
            KeyRecording { keys, are_first, macs: vec![], given_up, at: at(1) }
        };
        home.store.record_keys(&recording(vec![key(OLD)], true, vec![])).await.unwrap();
        home.store.record_keys(&recording(vec![key(NEW)], false, vec![OLD])).await.unwrap();
        let found = home.store.recorded_keys().await.unwrap();
        let listed: Vec<_> = found.iter().map(|one| (one.record.mark, one.is_first, one.given_up_at.is_some())).collect();
        assert_eq!(listed, [(OLD, true, true), (NEW, false, false)]);
        home.store.record_keys(&recording(vec![key(NEW), key(OLD)], false, vec![])).await.unwrap();
        let found = home.store.recorded_keys().await.unwrap();
        assert!(found.len() == 2 && found.iter().all(|one| one.given_up_at.is_none()), "{found:?}");
    }

    async fn equal_texts_are_counted_under_all_given_keys(home: &Home) {
        let skeletons: [Pseudonym; 3] = [[1; 16], [2; 16], [3; 16]];
        let mut all = Vec::new();
        for (n, skeleton) in (1..).zip(skeletons) {
            let mut one = sent(n, &names(u8::try_from(n).unwrap(), &n.to_string()));
            one.skeleton = Some(skeleton);
            all.push(one);
        }
        home.store_all(&all).await;
        let count = async |skeletons: &[Pseudonym], since, author: &str| {
            home.store.same_texts(&site(), skeletons, at(since), author).await.unwrap()
        };
        assert_eq!(count(&skeletons[..2], 0, "x").await, (2, 2));
        assert_eq!(count(&skeletons, 2, &"3".repeat(16)).await, (2, 1));
        assert_eq!(count(&[], 0, "x").await, (0, 0));
    }
}
