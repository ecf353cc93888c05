//! Makes text of strangers safe to show: nothing in a comment may move the cursor, change colours, reorder letters or
//! hide. The service removes most of this on the way in; the client does not count on it.

use std::fmt::Write as _;

use unicode_properties::{GeneralCategory, UnicodeGeneralCategory as _};

const ESCAPE: char = '\u{1b}';
/// The one-character form of `ESC [`.
const C1_CSI: char = '\u{9b}';
/// Colour in 24 bits needs 17 characters after `ESC [`; more would be room for hidden words.
const LONGEST_SEQUENCE: usize = 17;

/// Sanitizes text for one line: line breaks become `⏎`, tabs a space.
pub(super) fn line(text: &str) -> String {
    clean(text, "⏎")
}

/// Sanitizes text of several lines.
pub(super) fn block(text: &str) -> String {
    clean(text, "\n")
}

/// Escapes such characters in JSON, so that the data is complete and harmless.
pub(super) fn json(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    let mut units = [0; 2];
    for c in text.chars() {
        // Outside of strings JSON has no such characters but its own line breaks.
        if c != '\n' && is_hidden(c) {
            for unit in c.encode_utf16(&mut units) {
                // Writing to a String cannot fail.
                let _ = write!(safe, "\\u{unit:04x}");
            }
        } else {
            safe.push(c);
        }
    }
    safe
}

/// Returns whether a terminal obeys the character or does not show it.
pub(super) fn is_hidden(c: char) -> bool {
    use GeneralCategory::{Control, Format, LineSeparator, ParagraphSeparator};
    let variation_selector = matches!(c, '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}');
    // U+034F joins nothing and is not seen; the tag block holds unassigned characters too.
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

/// Drops what follows an ESC. Only colour and cursor sequences go whole: they are short and carry no words. Of strings
/// such as window titles the frame goes and the words stay, as an open frame would hide the rest of a comment from its
/// moderator.
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

/// Drops a control sequence up to its final byte. One that is broken or too long stays, without its power.
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
    fn colours_and_cursor_moves_vanish() {
        assert_eq!(line("a\u{1b}[31mđỏ\u{1b}[0m b\u{1b}[2J\u{9b}1Ac"), "ađỏ bc");
    }

    #[test]
    fn a_window_title_keeps_its_words_but_not_its_power() {
        assert_eq!(line("x\u{1b}]0;tên\u{7}y"), "x0;têny");
        assert_eq!(line("x\u{1b}[090 090 090 090 090my"), "x090 090 090 090 090my");
        assert_eq!(line("trước \u{1b}]8;;http://a.vn sau"), "trước 8;;http://a.vn sau");
    }

    #[test]
    fn line_breaks_show_in_tables_and_stay_in_blocks() {
        assert_eq!(line("một\r\nhai\nba\u{2028}bốn\tnăm"), "một⏎hai⏎ba⏎bốn năm");
        assert_eq!(block("một\r\nhai\rba"), "một\nhai\nba");
    }

    #[test]
    fn in_json_hidden_characters_are_escaped_and_come_back_whole() {
        let text = "a\u{1b}[2J\u{9b}1A\u{202e}\u{e0041}\n\"ệ";
        let json = json(&serde_json::to_string(text).unwrap());
        assert!(!json.chars().any(is_hidden), "{json}");
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
    }

    #[test]
    fn direction_and_invisible_characters_vanish() {
        let hidden = "\u{202e}\u{2066}\u{200b}\u{200d}\u{feff}\u{ad}\u{e0041}\u{fe0f}\u{e0100}\u{34f}";
        assert_eq!(line(&format!("a{hidden}b")), "ab");
    }

    #[test]
    fn vietnamese_and_wide_text_pass_untouched() {
        for text in ["Nguyễn Thị Ánh", "Nguye\u{302}\u{303}n", "日本語", "😀 được"] {
            assert_eq!(line(text), text);
        }
    }

    proptest! {
        #[test]
        fn nothing_obeyed_by_a_terminal_is_left(text in any::<String>()) {
            prop_assert!(!line(&text).chars().any(is_hidden));
            prop_assert!(!block(&text).chars().any(|c| c != '\n' && is_hidden(c)));
        }

        #[test]
        fn words_are_never_lost_to_an_open_frame(words in "[a-zđ ]{1,20}") {
            let framed = format!("\u{1b}]{words}");
            prop_assert!(line(&framed).contains(&words));
        }
    }
}
