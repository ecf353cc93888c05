//! Typical spam words, for the time before the model has learned. A syllable with other marks is another word:
//! `kiem tien` and `kiếm tiền` match, `kiểm tiến` does not.

use std::sync::LazyLock;

use super::{
    finding::{Field, Finding, Rule},
    views::{Token, Views},
};

const WEIGHT: f64 = 1.5;

/// The phrases. A star at the end matches any ending.
const PHRASES: &[&str] = &[
    "nhà cái",
    "cá cược",
    "cá độ",
    "lô đề",
    "số đề",
    "soi kèo",
    "casino",
    "slot*",
    "gacor*",
    "maxwin*",
    "vay tiền",
    "vay vốn",
    "vay nhanh",
    "kiếm tiền",
    "việc nhẹ",
    "tuyển ctv",
    "tuyển cộng tác viên",
    "tuyển nhân viên",
    "tuyển gấp",
    "subscribe*",
    "check out",
    "my channel",
    "free*",
    "win",
    "prize*",
    "подпис*",
    "заработ*",
    "дополнительн*",
];

struct Phrase {
    words: Vec<Token>,
    any_ending: bool,
    /// First byte of the phrase without marks.
    initial: Option<u8>,
}

static LIST: LazyLock<Vec<Phrase>> = LazyLock::new(|| {
    let phrase = |text: &&str| {
        let words = Views::of(text).tokens;
        let initial = words.first().and_then(|word| word.folded.bytes().next());
        Phrase { words, any_ending: text.ends_with('*'), initial }
    };
    PHRASES.iter().map(phrase).collect()
});

pub(super) fn find(field: Field, text: &str, views: &Views) -> Option<Finding> {
    let tokens = &views.tokens;
    let at = |start: usize| {
        // Most phrases start with a different byte, so checking the first byte avoids most comparisons of words.
        let initials = [&tokens[start].folded, &tokens[start].plain].map(|word| word.bytes().next());
        let mut possible = LIST.iter().filter(|phrase| initials.contains(&phrase.initial));
        possible.find(|phrase| phrase.starts(&tokens[start..])).map(|phrase| (start, phrase))
    };
    let (start, phrase) = (0..tokens.len()).find_map(at)?;
    let (first, last) = (&tokens[start], &tokens[start + phrase.words.len() - 1]);
    Some(Finding::spanning(Rule::SpamWords, WEIGHT, field, text, first.start, last.end))
}

impl Phrase {
    /// Checks whether the phrase matches the first tokens. Either every syllable has its marks or none has:
    /// `nhà cai nghiện` (a rehabilitation centre) does not match `nhà cái` (a bookmaker).
    fn starts(&self, tokens: &[Token]) -> bool {
        let Some(tokens) = tokens.get(..self.words.len()) else { return false };
        let unmarked = || tokens.iter().all(|token| token.marked == token.folded);
        self.reads(tokens, |word| &word.marked, |token| &token.marked)
            || self.reads(tokens, |word| &word.folded, |token| &token.plain) && unmarked()
    }

    fn reads(&self, tokens: &[Token], word: fn(&Token) -> &str, said: fn(&Token) -> &str) -> bool {
        let pairs = self.words.iter().map(word).zip(tokens.iter().map(said)).enumerate();
        let open = |at: usize| self.any_ending && at + 1 == self.words.len();
        pairs.into_iter().all(|(at, (word, said))| if open(at) { said.starts_with(word) } else { said == word })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<String> {
        find(Field::Content, text, &Views::of(text)).map(|finding| finding.excerpt)
    }

    #[test]
    fn phrases_are_found_with_and_without_marks_and_in_disguise() {
        for (text, phrase) in [
            ("Kiếm tiền tại nhà", "Kiếm tiền"),
            ("KIEM TIEN tai nha", "KIEM TIEN"),
            ("vào c4s1n0 nhé", "c4s1n0"),
            ("please SUBSCRIBED", "SUBSCRIBED"),
        ] {
            assert_eq!(found(text).as_deref(), Some(phrase), "{text}");
        }
    }

    #[test]
    fn other_marks_make_other_words() {
        for text in ["kiểm tiến độ", "đội tuyển Việt Nam", "nhà cai nghiện", "nhà cải tạo", "window"]
        {
            assert_eq!(found(text), None, "{text}");
        }
    }
}
