//! A terminal emulator of 80 by 24 characters: cursor moves, clearing and the alternate screen. Styles are ignored.

use unicode_width::UnicodeWidthChar as _;

const COLUMNS: usize = 80;
const ROWS: usize = 24;

/// The content of the screen.
pub(crate) struct Screen {
    cells: Vec<Vec<String>>,
    row: usize,
    column: usize,
}

impl Screen {
    pub(crate) fn after(bytes: &[u8]) -> Self {
        let mut screen = Self { cells: blank(), row: 0, column: 0 };
        let text = String::from_utf8_lossy(bytes);
        let mut rest = text.chars();
        while let Some(c) = rest.next() {
            match c {
                '\u{1b}' => screen.obey(&mut rest),
                '\r' => screen.column = 0,
                '\n' => screen.feed(),
                c if c.is_control() => {}
                c => screen.put(c),
            }
        }
        screen
    }

    /// Returns its lines joined, so that a wrapped line is in one piece.
    pub(crate) fn text(&self) -> String {
        self.cells.concat().concat()
    }

    fn obey(&mut self, rest: &mut std::str::Chars<'_>) {
        if rest.next() != Some('[') {
            return;
        }
        let mut parameters = String::new();
        for c in rest {
            if !c.is_ascii_alphabetic() {
                parameters.push(c);
                continue;
            }
            match (c, parameters.as_str()) {
                ('H', place) => {
                    let mut numbers = place.split(';').map(|number| number.parse::<usize>().unwrap_or(1) - 1);
                    self.row = numbers.next().unwrap_or(0).min(ROWS - 1);
                    self.column = numbers.next().unwrap_or(0);
                }
                ('J', _) | ('h' | 'l', "?1049") => *self = Self { cells: blank(), row: 0, column: 0 },
                _ => {}
            }
            return;
        }
    }

    fn put(&mut self, c: char) {
        let width = c.width().unwrap_or(0);
        if width == 0 {
            // A combining mark joins the letter before it.
            if let Some(cell) = self.column.checked_sub(1).and_then(|at| self.cells[self.row].get_mut(at)) {
                cell.push(c);
            }
            return;
        }
        if self.column + width > COLUMNS {
            self.column = 0;
            self.feed();
        }
        self.cells[self.row][self.column] = c.to_string();
        for covered in self.column + 1..self.column + width {
            self.cells[self.row][covered] = String::new();
        }
        self.column += width;
    }

    fn feed(&mut self) {
        if self.row + 1 < ROWS {
            self.row += 1;
        } else {
            self.cells.remove(0);
            self.cells.push(vec![" ".to_owned(); COLUMNS]);
        }
    }
}

fn blank() -> Vec<Vec<String>> {
    vec![vec![" ".to_owned(); COLUMNS]; ROWS]
}

#[test]
fn the_screen_shows_what_a_terminal_would() {
    let screen = Screen::after("\u{1b}[?1049h\u{1b}[1;1Hmột 日bản\u{1b}[0;1m\u{1b}[1;2Hi\r\nb\u{1b}[?25l".as_bytes());
    assert_eq!(screen.cells[0].concat().trim_end(), "mit 日bản");
    assert_eq!(screen.text().trim_end().chars().last(), Some('b'));
    assert_eq!(Screen::after(b"abc\x1b[2J").text().trim(), "");
}
