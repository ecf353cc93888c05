//! Named features of a text: words, pairs of words, character n-grams, addresses, numbers, and features of the whole
//! text. The hash of a name is its index in the learned table, so a change here needs a new [`VERSION`].

use crc::{CRC_32_ISO_HDLC, Crc};

use super::{
    characters::{is_decimal, is_digit},
    facts::{Facts, LinkFacts},
    finding::Field,
    patterns,
    reading::Reading,
    views::Token,
};

/// Version of the features. A stored table of another version cannot be used.
pub const VERSION: i32 = 2;

/// Number of characters after which a text yields no more n-grams.
const GRAM_CHARACTERS: usize = 2_000;
/// Lengths of n-grams, in characters.
const GRAM_LENGTHS: std::ops::RangeInclusive<usize> = 3..=5;
/// Largest number of addresses per field. More add no information.
const MAX_HOSTS: usize = 8;

/// CRC-32 as in zlib, which is stable across versions and machines.
const HASH: Crc<u32> = Crc::<u32>::new(&CRC_32_ISO_HDLC);

/// A kind of features. The features of one kind together have a fixed norm in a comment, regardless of their number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// A word with digits read as letters. The word as written is a second feature if it differs.
    Word,
    /// Two words in a row.
    Pair,
    /// A character n-gram: three to five characters in a row.
    Gram,
    /// A feature of the whole text: whether it has a link, how long and how emphatic it is.
    Meta,
    /// The host of an address.
    Host,
    /// The last label of a host.
    Ending,
    /// A phone number.
    Number,
}

impl Group {
    pub(super) const COUNT: usize = 7;

    pub(super) const ALL: [Self; Self::COUNT] =
        [Self::Word, Self::Pair, Self::Gram, Self::Meta, Self::Host, Self::Ending, Self::Number];

    pub(super) const fn prefix(self) -> &'static str {
        match self {
            Self::Word => "w:",
            Self::Pair => "b:",
            Self::Gram => "c:",
            Self::Meta => "m:",
            Self::Host => "h:",
            Self::Ending => "t:",
            Self::Number => "p:",
        }
    }

    /// N-grams count half, because many of them carry the same information.
    pub(super) const fn weight(self) -> f64 {
        if matches!(self, Self::Gram) { 0.5 } else { 1.0 }
    }
}

/// One feature of one comment.
#[derive(Debug, Clone, Copy)]
pub struct Feature<'a> {
    pub group: Group,
    /// Parts of the name without its prefix, to be joined.
    pub name: [&'a str; 3],
    pub hash: u32,
    /// Field and byte span in the stored text, if the feature has a single place.
    pub place: Option<(Field, usize, usize)>,
}

impl<'a> Feature<'a> {
    fn new(group: Group, name: [&'a str; 3], place: Option<(Field, usize, usize)>) -> Self {
        let mut digest = HASH.digest();
        digest.update(group.prefix().as_bytes());
        for part in name {
            digest.update(part.as_bytes());
        }
        Self { group, name, hash: digest.finalize(), place }
    }

    /// Joins the name that is hashed: `w:casino`, `m:link`.
    pub fn full_name(&self) -> String {
        format!("{}{}", self.group.prefix(), self.name.concat())
    }
}

/// Passes each feature to `see`. The same feature may be passed more than once.
pub fn visit(reading: &Reading<'_>, mut see: impl FnMut(Feature<'_>)) {
    words(reading, &mut see);
    grams(reading, &mut see);
    let links = addresses(reading, &mut see);
    let facts = Facts::of(reading, links);
    numbers(reading, &mut see);
    facts.each(|name| see(Feature::new(Group::Meta, name, None)));
}

fn tokens<'a>(reading: &'a Reading<'_>) -> impl Iterator<Item = (Field, &'a Token)> {
    reading.said().into_iter().flat_map(|(field, views)| views.tokens.iter().map(move |token| (field, token)))
}

fn words(reading: &Reading<'_>, see: &mut impl FnMut(Feature<'_>)) {
    let mut before: Option<(Field, &Token)> = None;
    for (field, token) in tokens(reading) {
        let place = Some((field, token.start, token.end));
        see(Feature::new(Group::Word, [first(&token.plain, 24), "", ""], place));
        if token.folded != token.plain {
            see(Feature::new(Group::Word, [first(&token.folded, 24), "", ""], place));
        }
        if let Some((earlier_field, earlier)) = before {
            let place = (earlier_field == field).then_some((field, earlier.start, token.end));
            see(Feature::new(Group::Pair, [first(&earlier.plain, 20), " ", first(&token.plain, 20)], place));
        }
        before = Some((field, token));
    }
}

fn first(text: &str, count: usize) -> &str {
    text.char_indices().nth(count).map_or(text, |(end, _)| &text[..end])
}

fn grams(reading: &Reading<'_>, see: &mut impl FnMut(Feature<'_>)) {
    let mut text = String::from(" ");
    for (_, token) in tokens(reading) {
        let is_number = token.plain.chars().all(is_digit);
        text.extend(token.plain.chars().map(|c| if is_number && is_decimal(c) { '0' } else { c }));
        text.push(' ');
    }
    if let Some((end, _)) = text.char_indices().nth(1 + GRAM_CHARACTERS) {
        text.truncate(end);
        text.push(' ');
    }
    let ends: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    for (at, start) in ends.iter().enumerate() {
        let mut digest = HASH.digest();
        digest.update(Group::Gram.prefix().as_bytes());
        let Some(mut last) = ends.get(at + GRAM_LENGTHS.start() - 1).copied() else { return };
        digest.update(&text.as_bytes()[*start..last]);
        for end in ends.iter().skip(at + GRAM_LENGTHS.start()).take(GRAM_LENGTHS.count()) {
            digest.update(&text.as_bytes()[last..*end]);
            last = *end;
            let hash = digest.clone().finalize();
            see(Feature { group: Group::Gram, name: [&text[*start..*end], "", ""], hash, place: None });
        }
    }
}

fn addresses(reading: &Reading<'_>, see: &mut impl FnMut(Feature<'_>)) -> LinkFacts {
    let mut links = LinkFacts { count: 0, hidden: false };
    for (field, views) in reading.said() {
        let dotted = patterns::with_dots(&views.low);
        let text = dotted.as_deref().unwrap_or(&views.low);
        let found: Vec<_> = patterns::addresses(text).collect();
        links.hidden |= dotted.is_some() && !found.is_empty() && patterns::addresses(&views.low).next().is_none();
        for (start, end) in found.iter().take(MAX_HOSTS) {
            let (from, to) = views.written(*start, *end);
            let place = dotted.is_none().then_some((field, from, to));
            let host = patterns::host(&text[*start..*end]);
            see(Feature::new(Group::Host, [host, "", ""], place));
            let ending = host.rsplit('.').next().unwrap_or(host);
            see(Feature::new(Group::Ending, [ending, "", ""], place));
        }
        links.count += found.len();
    }
    links
}

fn numbers(reading: &Reading<'_>, see: &mut impl FnMut(Feature<'_>)) {
    for (field, views) in reading.said() {
        let Some((start, end)) = patterns::long_number(&views.low) else { continue };
        let digits: String =
            views.low[start..end].chars().map(|c| if c == 'o' { '0' } else { c }).filter(|c| is_decimal(*c)).collect();
        let (from, to) = views.written(start, end);
        see(Feature::new(Group::Number, [&digits, "", ""], Some((field, from, to))));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::comment::FormText;

    fn names(title: &str, content: &str) -> Vec<String> {
        let form = FormText { author_name: "Lan".into(), title: title.into(), content: content.into() };
        let mut names = Vec::new();
        visit(&Reading::of(&form), |feature| names.extend((feature.group != Group::Gram).then(|| feature.full_name())));
        names.sort();
        names.dedup();
        names
    }

    #[test]
    fn feature_names_do_not_change() {
        let expected = [
            "b:0912345678 88k",
            "b:betbb com",
            "b:com zalo",
            "b:vao betbb",
            "b:zalo 0912345678",
            "h:bet88.com",
            "m:contact-app",
            "m:digit=4",
            "m:dup=0",
            "m:emoji=0",
            "m:excl=0",
            "m:leet=1",
            "m:len=2",
            "m:link",
            "m:link+contact-app",
            "m:link+money",
            "m:link+phone",
            "m:links=1",
            "m:money",
            "m:money+contact-app",
            "m:phone",
            "m:phone+contact-app",
            "m:phone+money",
            "m:upper=0",
            "p:0912345678",
            "t:com",
            "w:0912345678",
            "w:88k",
            "w:bet88",
            "w:betbb",
            "w:com",
            "w:vao",
            "w:zalo",
        ];
        assert_eq!(names("", "Vào bet88.com zalo 0912345678 88k"), expected);
    }

    #[test]
    fn title_and_content_are_one_text_without_the_name() {
        let found = names("Vay", "tiền nhanh");
        assert!(found.contains(&"b:vay tien".to_owned()) && !found.contains(&"w:lan".to_owned()), "{found:?}");
    }

    #[test]
    fn a_hash_is_that_of_the_full_name() {
        let form =
            FormText {
                author_name: "Lan".into(), title: "Đề".into(), content: "Cược bet88 chấm com 2024".into()
            };
        visit(&Reading::of(&form), |feature| {
            assert_eq!(feature.hash, HASH.checksum(feature.full_name().as_bytes()), "{}", feature.full_name());
        });
        assert_eq!(HASH.checksum(b"123456789"), 0xcbf4_3926, "the check value of zlib's CRC-32");
    }
}
