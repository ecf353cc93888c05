//! White space between words and lines.

pub(super) fn one_space_between(text: &str) -> String {
    let mut joined = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !joined.is_empty() {
            joined.push(' ');
        }
        joined.push_str(word);
    }
    joined
}

/// Trims each line's end and keeps at most one blank line in a row.
pub(super) fn spaced_lines(cleaned: &str) -> String {
    let mut block = String::with_capacity(cleaned.len() + 1);
    let mut blank = 0;
    for line in cleaned.trim().lines().map(str::trim_end) {
        blank = if line.is_empty() { blank + 1 } else { 0 };
        if blank <= 1 {
            block.push_str(line);
            block.push('\n');
        }
    }
    block.pop();
    block
}

pub(super) fn line_break_to_space(c: char) -> char {
    if matches!(c, '\t' | '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}') { ' ' } else { c }
}
