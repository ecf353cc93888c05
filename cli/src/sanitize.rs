//! Makes text from readers safe to display: it cannot move the cursor, change colours, reorder letters or hide text.
//! The service removes most of this on submit, but the client does not rely on it.

use std::fmt::Write as _;

use unicode_properties::{GeneralCategory, UnicodeGeneralCategory as _};

const ESCAPE: char = '\u{1b}';
/// C1 form of `ESC [`, one character long.
const C1_CSI: char = '\u{9b}';
/// Longest control sequence that is removed. A 24-bit colour has 17 characters after `ESC [`; a longer sequence could
/// hide words.
const LONGEST_SEQUENCE: usize = 17;

/// Sanitizes text for one line. Line breaks become `⏎`, tabs become spaces.
pub(super) fn line(text: &str) -> String {
    clean(text, "⏎")
}

/// Sanitizes text that may have several lines.
pub(super) fn block(text: &str) -> String {
    clean(text, "\n")
}

/// Escapes unsafe characters in JSON, so that the data stays complete.
pub(super) fn json(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    let mut units = [0; 2];
    for c in text.chars() {
        // Outside of strings, JSON contains no unsafe characters except its own line breaks.
        if c != '\n' && is_hidden(c) {
            for unit in c.encode_utf16(&mut units) {
                // Writing to a `String` cannot fail.
                let _ = write!(safe, "\\u{unit:04x}");
            }
        } else {
            safe.push(c);
        }
    }
    safe
}

/// Returns whether a terminal interprets the character or does not display it.
pub(super) fn is_hidden(c: char) -> bool {
    use GeneralCategory::{Control, Format, LineSeparator, ParagraphSeparator};
    let variation_selector = matches!(c, '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}');
    // U+034F is invisible and joins nothing; the tag block also contains unassigned characters.
    let invisible = matches!(c, '\u{34f}' | '\u{e0000}'..='\u{e0fff}');
    variation_selector
        || invisible
        || matches!(c.general_category(), Control | Format | LineSeparator | ParagraphSeparator)
}

fn clean(text: &str, line_break: &str) -> String {
    let text = text.replace("\r\n", "\n");
    let mut clean = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match c {
            ESCAPE => skip_escape(&mut rest),
            C1_CSI => skip_parameters(&mut rest),
            '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => clean.push_str(line_break),
            '\t' => clean.push(' '),
            c if is_hidden(c) => {}
            c => clean.push(c),
        }
    }
    clean
}

/// Removes the sequence that follows an ESC. Colour and cursor sequences are removed whole, because they are short and
/// contain no words. Of string sequences such as window titles only the delimiters are removed, because an unterminated
/// one would otherwise hide the rest of the comment from the moderator.
fn skip_escape(rest: &mut std::str::Chars<'_>) {
    let mut ahead = rest.clone();
    match ahead.next() {
        Some('[') => {
            *rest = ahead;
            skip_parameters(rest);
        }
        Some(']' | 'P' | 'X' | '^' | '_' | '\\') => *rest = ahead,
        _ => {}
    }
}

/// Removes a control sequence up to its final byte. Keeps the text of a sequence that is invalid or too long.
fn skip_parameters(rest: &mut std::str::Chars<'_>) {
    let mut ahead = rest.clone();
    let end = ahead.by_ref().take(LONGEST_SEQUENCE).find(|c| !matches!(c, '\u{20}'..='\u{3f}'));
    if end.is_some_and(|c| matches!(c, '\u{40}'..='\u{7e}')) {
        *rest = ahead;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn colours_and_cursor_moves_are_removed() {
        assert_eq!(line("a\u{1b}[31mđỏ\u{1b}[0m b\u{1b}[2J\u{9b}1Ac"), "ađỏ bc");
    }

    #[test]
    fn a_window_title_becomes_plain_text() {
        assert_eq!(line("x\u{1b}]0;tên\u{7}y"), "x0;têny");
        assert_eq!(line("x\u{1b}[090 090 090 090 090my"), "x090 090 090 090 090my");
        assert_eq!(line("trước \u{1b}]8;;http://a.vn sau"), "trước 8;;http://a.vn sau");
    }

    #[test]
    fn line_breaks_are_shown_in_tables_and_kept_in_blocks() {
        assert_eq!(line("một\r\nhai\nba\u{2028}bốn\tnăm"), "một⏎hai⏎ba⏎bốn năm");
        assert_eq!(block("một\r\nhai\rba"), "một\nhai\nba");
    }

    #[test]
    fn hidden_characters_are_escaped_in_json_without_loss() {
        let text = "a\u{1b}[2J\u{9b}1A\u{202e}\u{e0041}\n\"ệ";
        let json = json(&serde_json::to_string(text).unwrap());
        assert!(!json.chars().any(is_hidden), "{json}");
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
    }

    #[test]
    fn direction_and_invisible_characters_are_removed() {
        let hidden = "\u{202e}\u{2066}\u{200b}\u{200d}\u{feff}\u{ad}\u{e0041}\u{fe0f}\u{e0100}\u{34f}";
        assert_eq!(line(&format!("a{hidden}b")), "ab");
    }

    #[test]
    fn vietnamese_and_wide_text_is_unchanged() {
        for text in ["Nguyễn Thị Ánh", "Nguye\u{302}\u{303}n", "日本語", "😀 được"] {
            assert_eq!(line(text), text);
        }
    }

    proptest! {
        #[test]
        fn no_character_that_a_terminal_interprets_is_left(text in any::<String>()) {
            prop_assert!(!line(&text).chars().any(is_hidden));
            prop_assert!(!block(&text).chars().any(|c| c != '\n' && is_hidden(c)));
        }

        #[test]
        fn an_unterminated_sequence_loses_no_words(words in "[a-zđ ]{1,20}") {
            let framed = format!("\u{1b}]{words}");
            prop_assert!(line(&framed).contains(&words));
        }
    }
}
