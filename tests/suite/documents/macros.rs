//! Calls of macros in source text: name, arguments and string literals.

/// Returns the text between the parentheses of every call of the macro `name`, but not of macros whose names end with
/// it.
pub(super) fn calls<'a>(code: &'a str, name: &str) -> Vec<&'a str> {
    let call = format!("{name}!(");
    let starts = code.match_indices(&call).filter(|(at, _)| {
        let before = code[..*at].chars().next_back();
        !before.is_some_and(|before| before.is_alphanumeric() || before == '_')
    });
    starts.map(|(at, _)| arguments(&code[at + call.len()..])).collect()
}

/// Returns `text` up to the parenthesis that closes it.
fn arguments(text: &str) -> &str {
    let (mut depth, mut quoted, mut escaped) = (1, false, false);
    for (at, character) in text.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return &text[..at];
        }
    }
    panic!("no parenthesis closes the call: {text:.80}")
}

/// Returns the string literals of a piece of code. A backslash at the end of a line joins it with the next one,
/// without that one's indentation.
pub(super) fn strings(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = code;
    while let Some((_, after)) = rest.split_once('"') {
        let (mut literal, mut characters) = (String::new(), after.char_indices().peekable());
        let mut end = after.len();
        while let Some((at, character)) = characters.next() {
            match character {
                '"' => {
                    end = at + 1;
                    break;
                }
                '\\' => match characters.next() {
                    Some((_, '\n')) => while characters.next_if(|(_, next)| next.is_whitespace()).is_some() {},
                    Some((_, escaped)) => literal.push(escaped),
                    None => {}
                },
                other => literal.push(other),
            }
        }
        found.push(literal);
        rest = &after[end..];
    }
    found
}
