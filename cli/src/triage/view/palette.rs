//! Styles. Without colour, bold, underlined and reversed text still distinguish everything.

use ratatui::style::{Color, Modifier, Style};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct Palette {
    is_coloured: bool,
}

impl Palette {
    pub(in super::super) const fn new(is_coloured: bool) -> Self {
        Self { is_coloured }
    }

    pub(super) const fn plain() -> Style {
        Style::new()
    }

    pub(super) const fn bold() -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    pub(super) const fn quiet() -> Style {
        Style::new().add_modifier(Modifier::DIM)
    }

    pub(super) const fn bar() -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    pub(super) const fn chosen() -> Style {
        Style::new().add_modifier(Modifier::REVERSED.union(Modifier::BOLD))
    }

    pub(super) const fn matched(self) -> Style {
        let style = Self::bold().add_modifier(Modifier::UNDERLINED);
        if self.is_coloured { style.fg(Color::Yellow) } else { style.add_modifier(Modifier::REVERSED) }
    }

    pub(super) const fn alert(self) -> Style {
        if self.is_coloured { Self::bold().fg(Color::Red) } else { Self::bold() }
    }

    pub(super) const fn accent(self) -> Style {
        if self.is_coloured { Style::new().fg(Color::Cyan) } else { Self::bold() }
    }
}
