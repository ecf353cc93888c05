//! Answers to captcha images: their symbols, and the comparison with what a reader typed.

use unicode_normalization::UnicodeNormalization as _;

use super::{challenge_level::Level, text};

/// Longest answer that is folded, in bytes. It leaves space for decomposed letters with marks.
const MAX_ANSWER_BYTES: usize = 64;

named_enum! {
    /// The symbols that answers of images are made of.
    Alphabet {
        /// Letters and digits. It has no vowels, so that answers spell no rude words and Telex and VNI keyboards do not
        /// change them, and no look-alikes.
        Mixed = "MIXED",
        /// Digits only, for the number pads of phones. `0` and `1` are left out, because they look like letters.
        Digits = "DIGITS",
    }
}

impl Alphabet {
    /// Returns all symbols of the alphabet. Each is equally likely.
    pub const fn symbols(self) -> &'static str {
        match self {
            Self::Mixed => "CFHKMNPRTVX34679",
            Self::Digits => "23456789",
        }
    }

    /// Detects the alphabet of an answer. An answer that fits both alphabets counts as [`Self::Mixed`].
    fn of(answer: &str) -> Self {
        let is_of = |alphabet: Self| answer.chars().all(|c| alphabet.symbols().contains(c));
        if is_of(Self::Digits) && !is_of(Self::Mixed) { Self::Digits } else { Self::Mixed }
    }

    /// Maps a folded character to the symbol that it counts as: the character itself, or the symbol that it looks like
    /// if the alphabet lacks it. A person who reads `6` as `G` still passes, and a machine that knows the alphabet
    /// gains nothing.
    const fn lookalike(self, typed: char) -> char {
        match (self, typed) {
            (_, 'A') => '4',
            (_, 'G') => '6',
            (_, '1') | (Self::Digits, 'T') => '7',
            (Self::Mixed, 'E') => 'F',
            (Self::Mixed, 'O' | 'Q' | '0') => 'C',
            (Self::Mixed, 'U' | 'Y') => 'V',
            (Self::Digits, 'B') => '8',
            (Self::Digits, 'E') => '3',
            (Self::Digits, 'Q') => '9',
            (Self::Digits, 'S') => '5',
            (Self::Digits, 'Z') => '2',
            (Self::Mixed | Self::Digits, own) => own,
        }
    }

    /// At the normal level, one guess is right with a probability of 1 in a million for mixed answers (16^5) and 4 in a
    /// million for digits (8^6).
    pub const fn length(self, level: Level) -> usize {
        let hard = matches!(level, Level::Hard) as usize;
        match self {
            Self::Mixed => 5 + hard,
            Self::Digits => 6 + hard,
        }
    }
}

/// Folds what a reader typed to upper-case letters and digits. Full width, accents of a Vietnamese keyboard, case,
/// white space, punctuation and invisible characters do not matter. Text that is too long for any answer becomes an
/// empty string, which is never right.
pub fn fold_answer(typed: &str) -> String {
    if typed.len() > MAX_ANSWER_BYTES {
        return String::new();
    }
    text::fold(typed).nfkc().filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase).collect()
}

/// Folds what a reader typed as [`fold_answer`] does, and replaces look-alikes by symbols of the right answer's
/// alphabet.
pub fn fold_answer_to(answer: &str, typed: &str) -> String {
    let alphabet = Alphabet::of(answer);
    fold_answer(typed).chars().map(|c| alphabet.lookalike(c)).collect()
}

/// Checks whether the text cannot be an answer because it has no letter and no digit.
pub fn is_blank(typed: &str) -> bool {
    typed.len() <= MAX_ANSWER_BYTES && fold_answer(typed).is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Returns the word that the input method produces when the keys are typed one by one.
    fn typed(method: &vi::Definition, keys: &str) -> String {
        let mut word = String::new();
        vi::transform_buffer(method, keys.chars(), &mut word);
        word
    }

    fn methods() -> [&'static vi::Definition; 2] {
        [&vi::TELEX, &vi::VNI]
    }

    fn code() -> impl Strategy<Value = String> {
        prop_oneof!["[CFHKMNPRTVX34679]{5,6}", "[2-9]{6,7}"]
    }

    /// Generates two codes of the same alphabet.
    fn codes() -> impl Strategy<Value = (String, String)> {
        prop_oneof![("[CFHKMNPRTVX34679]{5,6}", "[CFHKMNPRTVX34679]{5,6}"), ("[2-9]{6,7}", "[2-9]{6,7}"),]
    }

    /// Lists different spellings of the same code.
    fn ways(code: &str) -> [String; 10] {
        let lower = code.to_lowercase();
        let full_width = code.chars().map(|c| char::from_u32(u32::from(c) + 0xfee0).unwrap()).collect();
        let marked = lower.chars().flat_map(|c| [c, '\u{301}', '\u{323}']).collect::<String>();
        let between = |mark: &str| lower.chars().map(String::from).collect::<Vec<_>>().join(mark);
        let first = format!("{}{} ", &code[..1], &lower[1..]);
        let (telex, vni) = (typed(&vi::TELEX, &lower), typed(&vi::VNI, &lower));
        let spaced = between("\u{a0}");
        [lower.clone(), full_width, marked, between(" "), between("."), between("–"), first, telex, vni, spaced]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn the_right_code_passes_however_it_is_typed(code in code()) {
            for way in ways(&code) {
                prop_assert_eq!(fold_answer_to(&code, &way), &*code, "{}", way);
            }
        }

        #[test]
        fn no_wrong_code_passes_however_it_is_typed((right, other) in codes(), at in 0..5_usize) {
            // Tests a code with one wrong symbol, which is the closest wrong answer, and an unrelated code.
            let one_off: String = right.chars().zip(0..).map(|(c, n)| if n == at { other.as_bytes()[at].into() } else { c }).collect();
            for wrong in [one_off, other].into_iter().filter(|wrong| *wrong != right) {
                for way in ways(&wrong) {
                    prop_assert_ne!(fold_answer_to(&right, &way), &*right, "{}", way);
                }
            }
        }
    }

    #[test]
    fn vietnamese_input_methods_change_no_pair_or_triple_of_symbols() {
        for alphabet in Alphabet::ALL {
            let symbols: Vec<char> = alphabet.symbols().chars().collect();
            let pairs = symbols.iter().flat_map(|a| symbols.iter().map(move |b| format!("{a}{b}")));
            let triples = pairs.clone().flat_map(|pair| symbols.iter().map(move |c| format!("{pair}{c}")));
            for keys in pairs.chain(triples).flat_map(|keys| [keys.to_lowercase(), keys]) {
                for method in methods() {
                    // The keys have no vowel to put a tone on, and no D or W that would change another letter.
                    assert_eq!(typed(method, &keys), keys);
                }
            }
        }
    }

    #[test]
    fn the_simulated_keyboards_write_vietnamese() {
        assert_eq!([typed(&vi::TELEX, "ddax"), typed(&vi::VNI, "d9a4")], ["đã", "đã"]);
    }

    #[test]
    fn answers_are_compared_without_case_marks_and_punctuation() {
        for typed in ["KM7RT", "km7rt", "Km7rt ", " k m 7-r.t ", "ｋｍ７ｒｔ", "kḿ7ŕt", "km\u{200b}7rt", "k‑m_7—r…t"]
        {
            assert_eq!(fold_answer(typed), "KM7RT", "{typed}");
        }
        assert_eq!(fold_answer("Đđ"), "DD");
        assert_eq!(fold_answer(" - . "), "");
    }

    #[test]
    fn letters_outside_the_alphabet_are_read_as_the_symbols_they_look_like() {
        for (answer, typed) in [
            ("KM7RT", "km7rt"),
            ("6VF4C", "gyeao"),
            ("6VF47", "G U É Á 1"),
            ("CC7CC", "0q1Oo"),
            ("234567", "Z E A S G T"),
            ("889922", "bBqQzZ"),
            ("772777", "112TTt"),
        ] {
            assert_eq!(fold_answer_to(answer, typed), answer, "{typed}");
        }
        // A character that is a symbol of the alphabet never counts as another symbol.
        assert_ne!(fold_answer_to("KM7RT", "KMTRT"), "KM7RT");
        assert_ne!(fold_answer_to("PPPPP", "RRRRR"), "PPPPP");
        assert_ne!(fold_answer_to("346346", "846846"), "346346");
    }

    #[test]
    fn every_symbol_of_an_alphabet_is_read_as_itself() {
        for alphabet in Alphabet::ALL {
            assert!(alphabet.symbols().chars().all(|symbol| alphabet.lookalike(symbol) == symbol));
            for typed in ('0'..='9').chain('A'..='Z') {
                let read = alphabet.lookalike(typed);
                assert!(read == typed || alphabet.symbols().contains(read), "{typed} is read as {read}");
            }
        }
    }

    #[test]
    fn an_answer_without_a_letter_or_digit_is_blank() {
        assert!(["", " ", "-.-", "\u{200b}", "…"].iter().all(|typed| is_blank(typed)));
        assert!(!is_blank("0") && !is_blank(&"-".repeat(65)));
    }

    #[test]
    fn overlong_answers_are_never_right() {
        assert_eq!(fold_answer(&"K".repeat(65)), "");
    }

    #[test]
    fn every_symbol_of_an_alphabet_folds_to_itself_and_occurs_once() {
        for (alphabet, size) in [(Alphabet::Mixed, 16), (Alphabet::Digits, 8)] {
            let symbols = alphabet.symbols();
            assert_eq!(fold_answer(symbols), symbols);
            let distinct: std::collections::HashSet<_> = symbols.chars().collect();
            assert_eq!((distinct.len(), symbols.len()), (size, size));
        }
    }
}
