//! Maps keys to intents, depending on the mode. Upper and lower case are equivalent. A letter with a mark comes from an
//! input method and has no effect on comments.

use crossterm::event::{Event as TerminalEvent, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::{
    ban_form::FormKey,
    event::{Intent, Scroll},
    input_mode::InputMode,
    text_input::Edit,
};
use duyet_proto::v1;

/// The reasons of the menu, each with its digit.
pub(super) const REASONS: [(char, v1::Reason); 10] = [
    ('1', v1::Reason::OffTopic),
    ('2', v1::Reason::Insult),
    ('3', v1::Reason::Hate),
    ('4', v1::Reason::SpamAd),
    ('5', v1::Reason::PersonalData),
    ('6', v1::Reason::FalseInfo),
    ('7', v1::Reason::Illegal),
    ('8', v1::Reason::Language),
    ('9', v1::Reason::Duplicate),
    ('0', v1::Reason::Other),
];

pub(super) fn read(mode: &InputMode, input: TerminalEvent) -> Option<Intent> {
    match input {
        TerminalEvent::Key(key) if key.kind == KeyEventKind::Press => press(mode, key),
        // Some terminals report a key that is held down: it scrolls and edits, and does nothing else.
        TerminalEvent::Key(key) if key.kind == KeyEventKind::Repeat => {
            press(mode, key).filter(|intent| matches!(intent, Intent::Scroll(_) | Intent::Edit(_)))
        }
        TerminalEvent::Paste(text) if matches!(mode, InputMode::Text(..)) => Some(Intent::Edit(Edit::Insert(text))),
        // Each pasted character would be a decision.
        TerminalEvent::Paste(_) => Some(Intent::Pasted),
        _ => None,
    }
}

fn press(mode: &InputMode, key: KeyEvent) -> Option<Intent> {
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    match key.code {
        KeyCode::Char('c' | 'C') if control => return Some(Intent::Quit),
        KeyCode::Esc => return Some(Intent::Cancel),
        KeyCode::Enter => return Some(Intent::Confirm),
        _ => {}
    }
    if matches!(mode, InputMode::Text(..)) {
        return edit(key.code, key.modifiers).map(Intent::Edit);
    }
    if let Some(scroll) = scroll(key.code) {
        return Some(Intent::Scroll(scroll));
    }
    let KeyCode::Char(c) = key.code else { return Some(Intent::Unknown) };
    if key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT | KeyModifiers::SUPER) {
        return Some(Intent::Unknown);
    }
    let c = c.to_lowercase().next().unwrap_or(c);
    let intent = match mode {
        InputMode::Review => review(c),
        InputMode::Reasons(_) => reason(c),
        InputMode::Ban(_) => form(c),
        InputMode::Pane(_) => pane(c),
        InputMode::Quit => quit(c),
        InputMode::Text(..) => None,
    };
    Some(intent.unwrap_or(if c.is_ascii() { Intent::Unknown } else { Intent::Composed }))
}

const fn review(c: char) -> Option<Intent> {
    Some(match c {
        'a' => Intent::Approve,
        'r' => Intent::Reject,
        's' => Intent::Spam,
        ' ' | 'j' => Intent::Skip,
        'u' => Intent::Undo,
        'b' => Intent::Ban,
        'n' => Intent::Note,
        'h' => Intent::History,
        'l' => Intent::Log,
        'o' => Intent::Address,
        '?' => Intent::Help,
        'q' => Intent::Quit,
        _ => return None,
    })
}

fn reason(c: char) -> Option<Intent> {
    REASONS.iter().find(|(key, _)| *key == c).map(|(_, reason)| Intent::Reason(*reason))
}

const fn form(c: char) -> Option<Intent> {
    use v1::{BanEffect, BanSubject};
    let key = match c {
        'd' | 'đ' => FormKey::Subject(BanSubject::Device),
        'p' => FormKey::Subject(BanSubject::IpPrefix),
        't' | 'f' => FormKey::Subject(BanSubject::Fingerprint),
        'a' => FormKey::Subject(BanSubject::Author),
        'b' => FormKey::Effect(BanEffect::Block),
        'h' => FormKey::Effect(BanEffect::Hold),
        '1' => FormKey::Days(1),
        '7' => FormKey::Days(7),
        '3' => FormKey::Days(30),
        'r' => FormKey::Reason,
        'w' => FormKey::RejectPending,
        'x' => FormKey::RemovePublished,
        _ => return None,
    };
    Some(Intent::Form(key))
}

const fn pane(c: char) -> Option<Intent> {
    Some(match c {
        'h' => Intent::History,
        'l' => Intent::Log,
        '?' => Intent::Help,
        'q' => Intent::Cancel,
        ' ' => Intent::Scroll(Scroll::PageDown),
        'j' => Intent::Scroll(Scroll::Down),
        'k' => Intent::Scroll(Scroll::Up),
        _ => return None,
    })
}

const fn quit(c: char) -> Option<Intent> {
    Some(match c {
        // "Yes", or "có" in Vietnamese.
        'y' | 'c' | 'q' => Intent::Confirm,
        'n' | 'k' => Intent::Cancel,
        _ => return None,
    })
}

const fn scroll(code: KeyCode) -> Option<Scroll> {
    Some(match code {
        KeyCode::Up => Scroll::Up,
        KeyCode::Down => Scroll::Down,
        KeyCode::PageUp => Scroll::PageUp,
        KeyCode::PageDown => Scroll::PageDown,
        KeyCode::Home => Scroll::Top,
        KeyCode::End => Scroll::Bottom,
        _ => return None,
    })
}

fn edit(code: KeyCode, modifiers: KeyModifiers) -> Option<Edit> {
    Some(match (code, modifiers.contains(KeyModifiers::CONTROL)) {
        (KeyCode::Char('a'), true) | (KeyCode::Home, _) => Edit::Start,
        (KeyCode::Char('e'), true) | (KeyCode::End, _) => Edit::End,
        (KeyCode::Char('u'), true) => Edit::Line,
        (KeyCode::Char('w'), true) => Edit::Word,
        (KeyCode::Char('h'), true) | (KeyCode::Backspace, _) => Edit::Backspace,
        (KeyCode::Char('d'), true) | (KeyCode::Delete, _) => Edit::Delete,
        (KeyCode::Left, _) => Edit::Left,
        (KeyCode::Right, _) => Edit::Right,
        (KeyCode::Char(c), false) if !modifiers.contains(KeyModifiers::ALT) => Edit::Insert(c.to_string()),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::{
        super::{ban_form::BanForm, input_mode::InputPurpose, text_input::TextInput},
        *,
    };

    fn intent(mode: &InputMode, c: char) -> Option<Intent> {
        read(mode, TerminalEvent::Key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE)))
    }

    #[test]
    fn upper_and_lower_case_keys_are_equivalent() {
        assert_eq!(intent(&InputMode::Review, 'A'), Some(Intent::Approve));
        assert_eq!(intent(&InputMode::Review, 'S'), Some(Intent::Spam));
        let form = InputMode::Ban(BanForm::default());
        assert_eq!(intent(&form, 'Đ'), intent(&form, 'd'));
    }

    #[test]
    fn letters_of_an_input_method_decide_nothing() {
        for c in ['á', 'â', 'ă', 'ả', 'đ', 'ư', 'Ấ'] {
            assert_eq!(intent(&InputMode::Review, c), Some(Intent::Composed), "{c}");
        }
    }

    #[test]
    fn keys_with_control_or_alt_decide_nothing() {
        for modifiers in [KeyModifiers::CONTROL, KeyModifiers::ALT] {
            let key = KeyEvent::new(KeyCode::Char('a'), modifiers);
            assert_eq!(read(&InputMode::Review, TerminalEvent::Key(key)), Some(Intent::Unknown));
        }
        let quit = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
        assert_eq!(
            read(&InputMode::Text(InputPurpose::Note, TextInput::default()), TerminalEvent::Key(quit)),
            Some(Intent::Quit)
        );
    }

    #[test]
    fn a_key_that_is_held_down_decides_once() {
        let held = |code| KeyEvent { kind: KeyEventKind::Repeat, ..KeyEvent::new(code, KeyModifiers::NONE) };
        for c in "arsbu q".chars() {
            assert_eq!(read(&InputMode::Review, TerminalEvent::Key(held(KeyCode::Char(c)))), None, "{c}");
        }
        assert_eq!(
            read(&InputMode::Review, TerminalEvent::Key(held(KeyCode::Down))),
            Some(Intent::Scroll(Scroll::Down))
        );
    }

    #[test]
    fn a_mouse_decides_nothing() {
        let kind = crossterm::event::MouseEventKind::Down(crossterm::event::MouseButton::Left);
        let click = crossterm::event::MouseEvent { kind, column: 3, row: 3, modifiers: KeyModifiers::NONE };
        assert_eq!(read(&InputMode::Review, TerminalEvent::Mouse(click)), None);
    }

    #[test]
    fn pasted_text_decides_nothing() {
        assert_eq!(read(&InputMode::Review, TerminalEvent::Paste("aaa".into())), Some(Intent::Pasted));
        let mode = InputMode::Text(InputPurpose::Note, TextInput::default());
        assert_eq!(read(&mode, TerminalEvent::Paste("aaa".into())), Some(Intent::Edit(Edit::Insert("aaa".into()))));
        assert_eq!(intent(&mode, 'a'), Some(Intent::Edit(Edit::Insert("a".into()))));
    }
}
