//! Views of a text with obfuscation undone, computed once per field: first compatibility-folded in lower case, then
//! split into words with look-alikes, stretched and spaced letters undone. Each word keeps its span in the text as
//! written.

use compact_str::CompactString;
use unicode_normalization::UnicodeNormalization as _;

use super::{
    characters::{is_decoration, is_dropped, is_styled, is_word, leet},
    plain_characters::plain,
    text_counts::TextCounts,
    words::{fold, is_leet, is_one_character, undisguised},
};
use crate::domain::unicode::{is_compatible, joins_the_one_before};

/// Least number of one-letter words in a row that are joined. Fewer are an enumeration.
const SPACED_WORDS: usize = 3;

/// Average bytes of a Vietnamese word with its space, to reserve memory for the words of a text.
const BYTES_PER_WORD: usize = 5;

/// One field with obfuscation undone.
#[derive(Debug, Clone, Default)]
pub struct Views {
    /// The text in NFKC and lower case without invisible characters.
    pub low: String,
    pub tokens: Vec<Token>,
    pub notes: TextCounts,
    pieces: Vec<Piece>,
}

/// One word of a field.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Token {
    /// With marks: lower case, NFC, look-alikes mapped, letters repeated at most twice, spaced letters joined.
    pub marked: CompactString,
    /// Without marks and with đ as d. Different words may be equal in this form.
    pub folded: CompactString,
    /// Folded, with digits read as letters (`b3t` is `bet`; `88k`, `5tr` and `50m2` stay).
    pub plain: CompactString,
    /// Byte span in the field's text as written.
    pub start: usize,
    pub end: usize,
}

/// Characters that are folded together, or a run of plain ones, with their positions in the low text and in the
/// original.
#[derive(Debug, Clone, Copy)]
struct Piece {
    low: usize,
    start: usize,
    end: usize,
    /// True if all characters have the same length in bytes in the low text, so that offsets can be mapped directly.
    plain: bool,
}

impl Piece {
    fn start_of(&self, low_start: usize) -> usize {
        if self.plain { self.end.min(self.start + low_start - self.low) } else { self.start }
    }

    fn end_of(&self, low_end: usize) -> usize {
        if self.plain { self.end.min((self.start + low_end).saturating_sub(self.low)) } else { self.end }
    }
}

impl Views {
    /// Computes the views of `text` in linear time.
    pub fn of(text: &str) -> Self {
        let mut views = Self { low: String::with_capacity(text.len()), ..Self::default() };
        let mut at = 0;
        while at < text.len() {
            let end = at + plain_length(&text[at..]);
            views.take_plain(&text[at..end], at);
            at = views.take_cluster(text, end);
        }
        views.read_words();
        views
    }

    /// Maps a non-empty span of [`Views::low`] to the original text.
    pub fn written(&self, low_start: usize, low_end: usize) -> (usize, usize) {
        let piece = |at: usize| self.pieces.partition_point(|piece| piece.low <= at).checked_sub(1);
        let start = piece(low_start).map_or(0, |at| self.pieces[at].start_of(low_start));
        let end = piece(low_end.saturating_sub(1).max(low_start)).map_or(0, |at| self.pieces[at].end_of(low_end));
        (start, end)
    }

    fn take_plain(&mut self, run: &str, start: usize) {
        if run.is_empty() {
            return;
        }
        self.pieces.push(Piece { low: self.low.len(), start, end: start + run.len(), plain: true });
        for plain in run.chars().filter_map(plain) {
            self.low.push(plain.lower);
            self.notes.add(plain);
        }
    }

    /// Processes the character at `at`, if there is one, and those that combine with it. Returns the end of them.
    fn take_cluster(&mut self, text: &str, at: usize) -> usize {
        let mut seen = text[at..].char_indices().filter(|(_, c)| !is_dropped(*c)).peekable();
        let Some((start, first)) = seen.next() else { return text.len() };
        let mut end = start + first.len_utf8();
        let mut cluster = Cluster::One(first);
        while let Some((at, c)) = seen.next_if(|(_, c)| joins_the_one_before(*c)) {
            end = at + c.len_utf8();
            cluster.push(c);
        }
        self.pieces.push(Piece { low: self.low.len(), start: at + start, end: at + end, plain: false });
        cluster.each(|c| {
            if !is_decoration(c) {
                self.take(c);
            }
        });
        self.notes.styled += usize::from(is_styled(first));
        at + end
    }

    fn take(&mut self, c: char) {
        self.notes.see(c);
        for lower in c.to_lowercase() {
            self.low.push(lower);
            self.notes.say(lower);
        }
    }

    fn read_words(&mut self) {
        let mostly_latin = self.notes.latin * 2 >= self.notes.letters;
        let mut words = Vec::with_capacity(self.low.len() / BYTES_PER_WORD);
        let mut rest = 0;
        while let Some(offset) = self.low[rest..].find(is_word) {
            let start = rest + offset;
            let end = self.low[start..].find(|c| !is_word(c)).map_or(self.low.len(), |length| start + length);
            let (mixed, marked) = undisguised(&self.low[start..end], mostly_latin);
            self.notes.mixed += usize::from(mixed);
            if !marked.is_empty() {
                let (start, end) = self.written(start, end);
                words.push(Token { folded: fold(&marked), marked, plain: CompactString::default(), start, end });
            }
            rest = end;
        }
        let spaced = words.windows(SPACED_WORDS).any(|run| run.iter().all(|word| is_one_character(&word.folded)));
        self.tokens = if spaced { self.join_spaced(words) } else { words };
        for token in &mut self.tokens {
            let is_leet = is_leet(&token.folded);
            self.notes.leet += usize::from(is_leet);
            token.plain = if is_leet { token.folded.chars().map(leet).collect() } else { token.folded.clone() };
        }
    }

    /// Joins runs of one-letter words: `t.u.y.ể.n` and `A L E X I S 1 7` become one word each.
    fn join_spaced(&mut self, words: Vec<Token>) -> Vec<Token> {
        let mut joined: Vec<Token> = Vec::with_capacity(words.len());
        let mut run: Vec<Token> = Vec::new();
        for word in words {
            if is_one_character(&word.folded) {
                run.push(word);
            } else {
                self.end_run(&mut run, &mut joined);
                joined.push(word);
            }
        }
        self.end_run(&mut run, &mut joined);
        joined
    }

    fn end_run(&mut self, run: &mut Vec<Token>, joined: &mut Vec<Token>) {
        if run.len() < SPACED_WORDS {
            joined.append(run);
            return;
        }
        self.notes.spaced += 1;
        let whole = Token { start: run[0].start, end: run[run.len() - 1].end, ..Token::default() };
        joined.push(run.drain(..).fold(whole, |mut whole, letter| {
            whole.marked.push_str(&letter.marked);
            whole.folded.push_str(&letter.folded);
            whole
        }));
    }
}

/// Measures the bytes of the plain characters at the start of `text`. The last one is excluded if the next
/// character combines with it.
fn plain_length(text: &str) -> usize {
    let length = text.find(|c| plain(c).is_none()).unwrap_or(text.len());
    let (run, rest) = text.split_at(length);
    let joined = rest.chars().find(|c| !is_dropped(*c)).is_some_and(joins_the_one_before);
    run.char_indices().next_back().filter(|_| joined).map_or(length, |(last, _)| last)
}

/// Characters that are normalised together, which is nearly always a single one.
enum Cluster {
    One(char),
    Many(String),
}

impl Cluster {
    fn push(&mut self, c: char) {
        match self {
            Self::One(first) => *self = Self::Many([*first, c].iter().collect()),
            Self::Many(text) => text.push(c),
        }
    }

    fn each(&self, mut take: impl FnMut(char)) {
        match self {
            Self::One(c) if is_compatible(*c) => take(*c),
            Self::One(c) => std::iter::once(*c).nfkc().for_each(take),
            Self::Many(text) => text.nfkc().for_each(&mut take),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::unicode;

    fn plain(text: &str) -> String {
        let words: Vec<String> = Views::of(text).tokens.into_iter().map(|token| token.plain.into()).collect();
        words.join(" ")
    }

    #[test]
    fn obfuscation_is_undone() {
        for text in [
            "nhà cái uy tín",
            "NHÀ CÁI UY TÍN",
            "nha\u{300} ca\u{301}i uy ti\u{301}n",
            "n\u{200b}hà c\u{ad}ái uy tín",
            "nh\u{430} c\u{430}i uy tín",
            "𝗻𝗵𝗮 𝗰𝗮𝗶 𝘂𝘆 𝘁𝗶𝗻",
            "ｎｈａ ｃａｉ ｕｙ ｔｉｎ",
            "🅽🅷🅰 🅲🅰🅸 uy tín",
            "n.h.à c4i uy t1n",
            "n_h_à cái uy tín",
        ] {
            assert_eq!(plain(text), "nha cai uy tin", "{text}");
        }
        assert_eq!(plain("haaaaaay quáááá"), "haay quaa");
    }

    #[test]
    fn amounts_keep_their_digits() {
        assert_eq!(plain("88k 5tr 50m2 b3t 4lexis17 2024"), "88k 5tr 50m2 bet alexisit 2024");
    }

    #[test]
    fn spaced_letters_are_one_word_with_its_span() {
        let text = "vào A L E X I S 1 7 nhé";
        let views = Views::of(text);
        let word = &views.tokens[1];
        assert_eq!((word.marked.as_str(), &text[word.start..word.end]), ("alexis17", "A L E X I S 1 7"));
        assert_eq!(views.notes.spaced, 1);
    }

    #[test]
    fn look_alikes_stay_in_a_text_of_their_own_script() {
        assert_eq!(plain("Привет, как дела"), "привет, как дела".replace(',', ""));
        assert_eq!(Views::of("Привет").notes.mixed, 0);
        assert_eq!(Views::of("c\u{430}sino").notes.mixed, 1);
    }

    #[test]
    fn every_word_has_its_span_in_any_normalisation_form() {
        for text in [
            "Đường   phố",
            "ĐU\u{31b}O\u{31b}\u{300}NG 🙂 pho\u{302}\u{301}!",
            "ﬁn 𝗱̂ x\u{200d}y",
            "각\u{1100}\u{1161} ｶﾞ",
        ] {
            for token in Views::of(text).tokens {
                let written = &text[token.start..token.end];
                assert_eq!(Views::of(written).tokens[0].marked, token.marked, "{written}");
            }
        }
    }

    #[test]
    fn the_fast_path_for_plain_characters_equals_the_slow_path() {
        let mut seen = 0;
        for c in unicode::known().filter(|c| super::plain(*c).is_some()) {
            let text = c.to_string();
            let (quick, mut close) = (Views::of(&text), Views::default());
            close.take_cluster(&text, 0);
            close.read_words();
            assert_eq!((&quick.low, &quick.tokens, quick.notes), (&close.low, &close.tokens, close.notes), "{c:?}");
            assert_eq!(quick.written(0, quick.low.len()), close.written(0, close.low.len()), "{c:?}");
            seen += 1;
        }
        assert!(seen > 1_000, "{seen}");
    }

    #[test]
    fn letters_with_marks_are_counted() {
        let notes = Views::of("Các bạn đi đâu").notes;
        assert_eq!((notes.letters, notes.marked), (11, 5));
        assert_eq!(Views::of("cac ban di dau").notes.marked, 0);
    }

    #[test]
    fn empty_and_odd_texts_have_valid_spans() {
        for text in ["", "\u{301}", "___", "\u{200b}", "\u{fe0f}\u{20e3}", "😀", "\u{0}\n\t"] {
            let views = Views::of(text);
            assert!(views.tokens.len() <= 1 && views.written(0, views.low.len()).1 <= text.len(), "{text:?}");
        }
    }
}
