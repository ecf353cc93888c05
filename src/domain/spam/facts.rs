//! Features of the whole text: contact details, length, emphasis and obfuscation.

use std::collections::HashSet;

use super::{characters::is_decimal, contact_apps, patterns, reading::Reading, text_counts::TextCounts};

/// The number of web addresses, and whether they appear only after spelled-out dots are replaced.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct LinkFacts {
    pub(super) count: usize,
    pub(super) hidden: bool,
}

/// The facts that the features are computed from.
pub(super) struct Facts {
    notes: TextCounts,
    links: LinkFacts,
    /// Kinds of contact details in the text. Each pair of kinds is a feature too.
    contacts: Vec<&'static str>,
    /// Other facts that are true of the text.
    others: Vec<&'static str>,
    words: usize,
    different_words: usize,
}

const DIGITS: [&str; 8] = ["0", "1", "2", "3", "4", "5", "6", "7"];

/// Selects the names of the facts that are true.
fn holding<const N: usize>(facts: [(&'static str, bool); N]) -> Vec<&'static str> {
    facts.into_iter().filter(|(_, holds)| *holds).map(|(name, _)| name).collect()
}

impl Facts {
    pub(super) fn of(reading: &Reading<'_>, links: LinkFacts) -> Self {
        let said = reading.said();
        let any = |test: fn(&str) -> bool| said.iter().any(|(_, views)| test(&views.low));
        let plain = said.iter().flat_map(|(_, views)| views.tokens.iter().map(|token| token.plain.as_str()));
        Self {
            notes: said.iter().fold(TextCounts::default(), |sum, (_, views)| sum.plus(&views.notes)),
            links,
            contacts: holding([
                ("link", links.count > 0),
                ("phone", any(|low| patterns::long_number(low).is_some())),
                ("money", any(|low| low.contains(is_decimal) && patterns::money(low).is_some())),
                ("contact-app", said.iter().any(|(_, views)| contact_apps::first(views).is_some())),
                ("handle", any(|low| patterns::handle(low).is_some())),
            ]),
            others: holding([
                ("hidden-link", links.hidden),
                ("mail", any(|low| patterns::mail(low).is_some())),
                ("author-link", patterns::addresses(&reading.author_name().low).next().is_some()),
                ("author-obfuscated", reading.author_name().notes.is_disguised()),
            ]),
            words: plain.clone().count(),
            different_words: plain.collect::<HashSet<_>>().len(),
        }
    }

    /// Passes the name of each feature to `see`, in three parts.
    pub(super) fn each(&self, mut see: impl FnMut([&str; 3])) {
        for (at, name) in self.contacts.iter().enumerate() {
            see([name, "", ""]);
            for other in &self.contacts[at + 1..] {
                see([name, "+", other]);
            }
        }
        for name in &self.others {
            see([name, "", ""]);
        }
        self.each_size(&mut see);
    }

    fn each_size(&self, see: &mut impl FnMut([&str; 3])) {
        let notes = &self.notes;
        let disguises =
            [("styled", notes.styled), ("mixed", notes.mixed), ("spaced", notes.spaced), ("leet", notes.leet)];
        for (name, count) in disguises.into_iter().filter(|(_, count)| *count > 0) {
            see([name, "=", bucket(count, &[1, 3, 8])]);
        }
        if self.links.count > 0 {
            see(["links", "=", bucket(self.links.count, &[1, 2, 3, 5])]);
        }
        see(["len", "=", bucket(notes.characters, &[10, 25, 50, 100, 200, 400, 800])]);
        if notes.letters >= 8 {
            see(["upper", "=", share_bucket(notes.upper, notes.letters, &[0.15, 0.3, 0.6])]);
        }
        see(["digit", "=", share_bucket(notes.digits, notes.characters.max(1), &[0.001, 0.05, 0.15, 0.3])]);
        see(["emoji", "=", bucket(notes.symbols, &[1, 2, 4, 8])]);
        see(["excl", "=", bucket(notes.exclamations, &[1, 2, 4])]);
        if self.words >= 6 {
            let again = self.words - self.different_words;
            see(["dup", "=", share_bucket(again, self.words, &[0.15, 0.3, 0.5])]);
        }
    }
}

/// Counts the `cuts` that the count reaches, as a digit.
fn bucket(count: usize, cuts: &[usize]) -> &'static str {
    DIGITS[cuts.iter().filter(|cut| count >= **cut).count()]
}

#[expect(clippy::cast_precision_loss, reason = "a text has far fewer than 2^52 characters")]
fn share_bucket(part: usize, whole: usize, cuts: &[f64]) -> &'static str {
    let share = part as f64 / whole as f64;
    DIGITS[cuts.iter().filter(|cut| share >= **cut).count()]
}
