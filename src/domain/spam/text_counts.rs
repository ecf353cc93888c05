//! Character and word counts of a text.

/// Character and word counts of one field. Characters are those of the compatibility-folded text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TextCounts {
    pub characters: usize,
    pub letters: usize,
    pub latin: usize,
    /// Letters with a mark, and đ.
    pub marked: usize,
    pub upper: usize,
    pub digits: usize,
    pub symbols: usize,
    pub exclamations: usize,
    /// Latin letters in a decorative style.
    pub styled: usize,
    /// Words that mix Latin letters with look-alikes of another script.
    pub mixed: usize,
    /// Words written with separators between their letters.
    pub spaced: usize,
    /// Words with digits in place of letters.
    pub leet: usize,
}

impl TextCounts {
    pub const fn is_disguised(&self) -> bool {
        self.styled + self.mixed + self.spaced + self.leet > 0
    }

    #[must_use]
    pub const fn plus(&self, other: &Self) -> Self {
        Self {
            characters: self.characters + other.characters,
            letters: self.letters + other.letters,
            latin: self.latin + other.latin,
            marked: self.marked + other.marked,
            upper: self.upper + other.upper,
            digits: self.digits + other.digits,
            symbols: self.symbols + other.symbols,
            exclamations: self.exclamations + other.exclamations,
            styled: self.styled + other.styled,
            mixed: self.mixed + other.mixed,
            spaced: self.spaced + other.spaced,
            leet: self.leet + other.leet,
        }
    }
}
