//! Search by words: how a text is split into words, and which texts a search matches.
//!
//! The service splits words itself instead of the database, so that both databases return the same comments in every
//! locale and version.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use unicode_normalization::{
    UnicodeNormalization as _,
    char::{decompose_canonical, is_combining_mark},
};
use unicode_properties::GeneralCategoryGroup;
use unicode_segmentation::UnicodeSegmentation as _;

use super::{
    comment::Comment,
    id::{CommentId, SiteId},
    text, unicode,
};

/// Length of a term in characters, each of which encodes five bits of the hash. Among a million other words, the
/// probability that one has the same term as a given word is one in a billion.
const TERM_CHARACTERS: usize = 10;

/// The digits of a term: ASCII letters and digits, which every tokenizer treats as parts of words.
const TERM_DIGITS: &[u8; 32] = b"0123456789abcdefghijklmnopqrstuv";

/// Words that must all occur in the name, title or content of a comment. A page token is bound to the serialized form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Search {
    /// The words of a phrase must follow each other in one field. A single word is a phrase of one word.
    phrases: Vec<Vec<String>>,
    /// Whether `vay` also matches `vậy`. If so, the words of the phrases are [`plain`].
    ignore_marks: bool,
}

impl Search {
    /// Parses a query of words and quoted phrases. Text without white space that has several words, such as
    /// `bao.example`, is a phrase. Returns `None` if the query has no word.
    pub fn parse(query: &str, ignore_marks: bool) -> Option<Self> {
        let is_quote = |c: char| matches!(c, '"' | '“' | '”' | '„' | '«' | '»');
        let quoted = query.split(is_quote).enumerate().map(|(at, part)| (at % 2 == 1, part));
        let parts =
            quoted.flat_map(|(is_phrase, part)| if is_phrase { vec![part] } else { part.split_whitespace().collect() });
        let key = |word: String| if ignore_marks { plain(&word) } else { word };
        let phrases = parts.map(|part| words(part).into_iter().map(key).collect::<Vec<_>>());
        let mut phrases: Vec<_> = phrases.filter(|phrase| !phrase.is_empty()).collect();
        phrases.sort_unstable();
        phrases.dedup();
        (!phrases.is_empty()).then_some(Self { phrases, ignore_marks })
    }

    pub fn finds(&self, comment: &Comment) -> bool {
        self.finds_text([&comment.author_name, &comment.title, &comment.content])
    }

    /// Checks whether the search matches a comment with these fields.
    pub fn finds_text(&self, fields: [&str; 3]) -> bool {
        let key = |word: String| if self.ignore_marks { plain(&word) } else { word };
        let fields = fields.map(|field| words(field).into_iter().map(key).collect::<Vec<_>>());
        let occurs = |phrase: &Vec<String>| {
            fields.iter().any(|field| field.windows(phrase.len()).any(|words| words == phrase.as_slice()))
        };
        self.phrases.iter().all(occurs)
    }

    /// Checks whether [`terms`](Self::terms) are not enough to decide a match, because terms do not record the order
    /// of words.
    pub fn has_phrases(&self) -> bool {
        self.phrases.iter().any(|phrase| phrase.len() > 1)
    }

    /// Returns the words as [`text::fold`] folds them. The folded text of each matching comment contains all of them.
    pub fn folded_words(&self) -> Vec<String> {
        self.words().iter().map(|word| plain(word)).collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// Returns the terms to look up in an index of [`index_terms`]. At least one term in each list must occur.
    pub fn terms(&self, site: &SiteId) -> Vec<Vec<String>> {
        let forms = if self.ignore_marks { &[Form::Marked, Form::Plain][..] } else { &[Form::Marked] };
        let terms = |word: &&str| forms.iter().map(|form| term(site, *form, word)).collect();
        self.words().iter().map(terms).collect()
    }

    fn words(&self) -> BTreeSet<&str> {
        self.phrases.iter().flatten().map(String::as_str).collect()
    }
}

/// The result of looking a search up in the index and among the comments that are not indexed yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// All comments of the site that match, in no order.
    Comments(Vec<CommentId>),
    /// The search matches too many comments to list. These are the ones that are not indexed yet.
    Many(Vec<CommentId>),
    /// Unknown, because too many comments are not indexed yet.
    Unknown,
}

/// Returns the terms of a comment with these fields, sorted and separated by spaces: one for each distinct word, and
/// one more for the plain form of each word with marks.
pub fn index_terms(site: &SiteId, fields: [&str; 3]) -> String {
    let words: BTreeSet<String> = fields.iter().flat_map(|field| words(field)).collect();
    let mut terms = BTreeSet::new();
    for word in words {
        terms.insert(term(site, Form::Marked, &word));
        let plain = plain(&word);
        if plain != word {
            terms.insert(term(site, Form::Plain, &plain));
        }
    }
    Vec::from_iter(terms).join(" ")
}

/// Whether a term is computed from a word with its marks or without them.
#[derive(Debug, Clone, Copy)]
enum Form {
    Marked,
    Plain,
}

/// Computes the term of a word, which is a hash. An index may keep the terms of deleted comments for a while, and a
/// hash does not reveal the word. The hash includes the site, so that a word that is frequent on one site does not slow
/// down searches on other sites.
fn term(site: &SiteId, form: Form, word: &str) -> String {
    let form = match form {
        Form::Marked => [0, b'm'],
        Form::Plain => [0, b'p'],
    };
    let hash = Sha256::new().chain_update(site.as_str()).chain_update(form).chain_update(word).finalize();
    let mut bits = hash.iter().take(8).fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
    let mut term = String::with_capacity(TERM_CHARACTERS);
    for _ in 0..TERM_CHARACTERS {
        term.push(char::from(TERM_DIGITS[(bits % 32) as usize]));
        bits /= 32;
    }
    term
}

/// Splits a text into its words in their order: in NFKC and lower case, without invisible characters, and with the tone
/// mark moved behind the word, because `hòa` and `hoà` are the same word.
///
/// A word is a run of letters, digits and marks between Unicode word boundaries, which also separate words in scripts
/// without spaces. A symbol such as an emoji is a word. Punctuation is not.
fn words(text: &str) -> Vec<String> {
    let lower = text.nfkc().flat_map(char::to_lowercase).filter(|c| !text::is_invisible(*c));
    let lower: String = lower.nfc().collect();
    let mut words = Vec::new();
    for segment in lower.split_word_bounds() {
        for run in segment.split(|c| !is_in_word(c) && !is_symbol(c)) {
            for word in run.split_inclusive(is_symbol) {
                let (letters, symbol) = match word.char_indices().next_back() {
                    Some((at, c)) if is_symbol(c) => word.split_at(at),
                    _ => (word, ""),
                };
                let parts = [letters, symbol].into_iter().filter(|part| !part.is_empty());
                words.extend(parts.map(tone_last).filter(|word| !plain(word).is_empty()));
            }
        }
    }
    words
}

/// Removes the marks and replaces đ by d, as [`text::fold`] does.
fn plain(word: &str) -> String {
    if word.is_ascii() {
        return word.to_owned();
    }
    word.nfd().filter(|c| !is_combining_mark(*c)).map(unicode::plain_d).collect()
}

/// Decomposes the word and moves its tone mark to the end.
fn tone_last(word: &str) -> String {
    if word.is_ascii() {
        return word.to_owned();
    }
    let (mut letters, mut tones) = (String::with_capacity(word.len() + 4), String::new());
    for c in word.chars() {
        decompose_canonical(c, |part| {
            let is_tone = matches!(part, '\u{300}' | '\u{301}' | '\u{303}' | '\u{309}' | '\u{323}');
            if is_tone { &mut tones } else { &mut letters }.push(part);
        });
    }
    letters.push_str(&tones);
    letters.nfd().collect()
}

fn is_in_word(c: char) -> bool {
    c.is_alphanumeric() || unicode::group(c) == GeneralCategoryGroup::Mark
}

/// Matches symbols. An ASCII symbol is treated as punctuation.
fn is_symbol(c: char) -> bool {
    !c.is_ascii() && unicode::group(c) == GeneralCategoryGroup::Symbol
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finds(query: &str, ignore_marks: bool, content: &str) -> bool {
        Search::parse(query, ignore_marks).unwrap().finds_text(["Lan", "Mừng quá", content])
    }

    #[test]
    fn typed_marks_must_match() {
        for (query, content, exactly, ignoring) in [
            ("vậy", "như vậy nhé", true, true),
            ("vậy", "cho vay", false, true),
            ("vay", "như vậy nhé", false, true),
            ("vay", "cho VAY!", true, true),
            ("đường", "duong pho", false, true),
            ("VẬY", "va\u{302}\u{323}y", true, true),
            ("hoà", "hòa bình", true, true),
            ("thuỷ", "thủy", true, true),
            ("hoa", "hòa bình", false, true),
        ] {
            assert_eq!((finds(query, false, content), finds(query, true, content)), (exactly, ignoring), "{query}");
        }
    }

    #[test]
    fn words_are_whole_and_all_of_them_must_occur() {
        assert!(!finds("vay", false, "xe vayne") && !finds("va", false, "vay"));
        assert!(finds("tiền vay", false, "vay nhanh, có tiền ngay") && !finds("tiền vay", false, "vay nhanh"));
        // Each word occurs in a different field.
        assert!(finds("lan mừng vay", false, "vay"));
        assert!(finds("50%", false, "giảm 50 phần trăm") && finds("ｖａｙ", false, "vay"));
    }

    #[test]
    fn quotes_make_a_phrase_of_one_field() {
        assert!(finds("\"vay tiền\"", false, "cho Vay, tiền tươi") && !finds("\"vay tiền\"", false, "tiền vay"));
        assert!(finds("“vay tiền” nhanh", false, "nhanh: vay tiền") && finds("\"vay tiền", false, "vay tiền"));
        assert!(!finds("\"quá vay\"", false, "vay") && finds("\"mừng quá\"", false, "vay"));
        // Text that is split into several words is a phrase.
        assert!(finds("bao.example", false, "xem bao.example/bai") && !finds("bao.example", false, "example của bao"));
        assert!(finds("bao", false, "xem bao.example/bai") && finds("0912", false, "gọi 0912.345.678"));
    }

    #[test]
    fn scripts_without_spaces_and_symbols_have_words() {
        assert!(finds("中国", false, "我爱中国人") && !finds("国中", false, "我爱中国人"));
        assert!(finds("ភាសាខ្មែរ", false, "ស្រឡាញ់\u{200b}ភាសា\u{200b}ខ្មែរ"));
        assert!(finds("🔞", false, "xem🔞ngay") && finds("xem", false, "xem🔞ngay") && finds("👍👍", false, "👍👍👍"));
        assert!(finds("👨👩", false, "👨\u{200d}👩"));
    }

    #[test]
    fn a_query_must_contain_a_word() {
        for query in ["", "  ", "%_%", "\"\"", "\\ /* */ -- #", "\0", "\u{301}"] {
            assert_eq!(Search::parse(query, false), None, "{query:?}");
        }
    }

    /// Terms are stored, so they must not change between versions.
    #[test]
    fn terms_are_the_same_in_every_version() {
        let site = SiteId::parse("default").unwrap();
        assert_eq!([term(&site, Form::Marked, "1"), term(&site, Form::Marked, "đi")], ["pi0j8js6je", "s7v4p1o80s"]);
        assert_eq!(index_terms(&site, ["1", "", "1"]), "pi0j8js6je");
        assert_eq!(index_terms(&site, ["quá", "Quá qua\u{301}", ""]).split(' ').count(), 2);
        assert_ne!(term(&site, Form::Plain, "1"), term(&site, Form::Marked, "1"));
    }

    proptest::proptest! {
        /// A lookup by index terms or in folded texts must not miss a matching comment.
        #[test]
        fn no_lookup_misses_a_match(
            content in "([vậyVAYđ\u{302}\u{323}ĐòaòàI İßſ.,'_🔞👍🏽中ខ្មែ\u{200b}\u{200d}½ﬁ\"]|\\PC){0,12}",
            query in "([vậyaAđò ️.🔞中ខ្មែ½ﬁ\"]|\\PC){1,4}", part in 0..12_usize, ignore_marks: bool,
        ) {
            let site = SiteId::parse("site").unwrap();
            let said: String = content.chars().skip(part).take(5).collect();
            for query in [query, said] {
                let Some(search) = Search::parse(&query, ignore_marks) else { continue };
                let fields = ["Lan", "", content.as_str()];
                if search.finds_text(fields) {
                    let folded = text::fold(&content);
                    for word in search.folded_words() {
                        proptest::prop_assert!(folded.contains(&word), "{:?} in {:?}", word, folded);
                    }
                }
                let terms = index_terms(&site, fields);
                let terms: BTreeSet<_> = terms.split(' ').collect();
                let occurs = |any: &Vec<String>| any.iter().any(|term| terms.contains(term.as_str()));
                let indexed = search.terms(&site).iter().all(occurs);
                proptest::prop_assert!(indexed || !search.finds_text(fields), "{query:?} in {content:?}");
                if !search.has_phrases() {
                    proptest::prop_assert_eq!(indexed, search.finds_text(fields));
                }
            }
        }

        #[test]
        fn a_text_is_found_by_its_own_words(content in "\\PC{1,20}", ignore_marks: bool) {
            let Some(search) = Search::parse(&content.replace('"', " "), ignore_marks) else { return Ok(()) };
            proptest::prop_assert!(search.finds_text(["", "", &content]));
        }
    }
}
