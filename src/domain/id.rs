//! Identifiers. They are parsed once where they enter the service, so that every value of these types is valid.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::text;

/// The id of a site: 1 to 64 of `a-z 0-9 - _`. It comes from the caller's token, never from a request.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SiteId(String);

impl SiteId {
    /// Parses a site's id. Returns `None` if a character or the length is not allowed.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = (1..=64).contains(&text.len());
        let plain = text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_');
        (fits && plain).then(|| Self(text.to_owned()))
    }

    /// Returns the owner of tokens that belong to the server and not to a site. No site can have this name.
    pub fn of_server() -> Self {
        Self(SERVER.to_owned())
    }

    /// Parses the owner of a token: a site or the server.
    pub fn parse_owner(text: &str) -> Option<Self> {
        if text == SERVER { Some(Self::of_server()) } else { Self::parse(text) }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

const SERVER: &str = "*";

impl fmt::Display for SiteId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// The portal's own article id in NFC: 1 to 200 bytes without outer white space and control characters, otherwise
/// opaque.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ArticleId(String);

impl ArticleId {
    /// Longest id, in bytes.
    pub const MAX_BYTES: usize = 200;

    /// Parses a portal's id. Returns `None` if it is empty, too long or has control characters. Spellings that differ
    /// only in normalisation form, outer white space or outer invisible characters give the same id.
    pub fn parse(text: &str) -> Option<Self> {
        let trimmed = text.trim_matches(|c: char| c.is_whitespace() || text::is_invisible(c));
        Self::stored(&text::nfc(trimmed)).filter(|_| !text.chars().any(char::is_control))
    }

    /// Accepts a stored id. Earlier versions stored ids as the portal spelled them, so the id may lack NFC.
    pub fn stored(text: &str) -> Option<Self> {
        let fits = (1..=Self::MAX_BYTES).contains(&text.len());
        (fits && !text.chars().any(char::is_control)).then(|| Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ArticleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// The id of a comment: a `UUIDv7`, so that new rows go to the right edge of every index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CommentId(pub Uuid);

impl CommentId {
    /// Parses the 36-character form.
    pub fn parse(text: &str) -> Option<Self> {
        parse_uuid(text).map(Self)
    }
}

impl fmt::Display for CommentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Parses a UUID in its hyphenated form only, so that each id has one spelling.
pub fn parse_uuid(text: &str) -> Option<Uuid> {
    (text.len() == 36).then(|| Uuid::try_parse(text).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_article_id_is_the_portals_own_string_within_200_bytes() {
        assert!(ArticleId::parse("/thoi-su/cau-moi-ở-Huế?id=7").is_some());
        assert!(ArticleId::parse("").is_none());
        assert!(ArticleId::parse(&"x".repeat(201)).is_none());
        assert!(ArticleId::parse("a\nb").is_none());
        assert!(ArticleId::parse("bai\u{0}").is_none() && ArticleId::parse("bai\n").is_none());
    }

    #[test]
    fn all_spellings_of_an_article_id_are_equal() {
        let id = ArticleId::parse("cầu-mới").unwrap();
        for other in [
            "ca\u{302}\u{300}u-mo\u{31b}\u{301}i",
            " cầu-mới\u{a0}",
            "\u{3000}cầu-mới\u{2003} ",
            "\u{feff}cầu-mới\u{200b}",
        ] {
            assert_eq!(ArticleId::parse(other).unwrap(), id, "{other:?}");
        }
        for blank in [" ", "\u{a0}\u{3000}", "\u{200b}", "\u{2800}"] {
            assert!(ArticleId::parse(blank).is_none(), "{blank:?}");
        }
        assert_eq!(ArticleId::stored("a\u{300}").unwrap().as_str(), "a\u{300}");
    }

    #[test]
    fn a_site_id_has_only_allowed_characters() {
        assert!(SiteId::parse("bao-hue").is_some());
        assert!(SiteId::parse("Báo").is_none());
        assert!(SiteId::parse("").is_none());
    }

    #[test]
    fn a_uuid_has_one_spelling() {
        let id = "019e1234-5678-7abc-8def-0123456789ab";
        assert!(CommentId::parse(id).is_some());
        assert!(CommentId::parse(&id.replace('-', "")).is_none());
        assert!(CommentId::parse(&format!("{{{id}}}")).is_none());
    }
}
