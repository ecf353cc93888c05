//! Sections of a manual page that the definitions of the command line do not contain: exit status, environment, files
//! and examples.

use clap::Command;
use clap_mangen::roff::{Roff, bold, roman};

use duyet_locale::Locale;

/// Exit codes with the keys of their descriptions.
const EXIT_CODES: [(&str, &str); 7] = [
    ("0", "man-exit-done"),
    ("1", "man-exit-failed"),
    ("2", "man-exit-usage"),
    ("3", "man-exit-not-found"),
    ("4", "man-exit-denied"),
    ("5", "man-exit-conflict"),
    ("6", "man-exit-unavailable"),
];

const VARIABLES: [(&str, &str); 7] = [
    ("DUYET_ADDR", "man-env-addr"),
    ("DUYET_TOKEN, DUYET_TOKEN_FILE", "man-env-token"),
    ("DUYET_CERT_FILE, DUYET_CERT_KEY_FILE", "man-env-cert"),
    ("DUYET_LANG, LC_ALL, LC_MESSAGES, LANG", "man-env-lang"),
    ("TZ", "man-env-tz"),
    ("COLUMNS", "man-env-columns"),
    ("NO_COLOR, CLICOLOR_FORCE", "man-env-colour"),
];

/// Placeholders for ids, because real ids are as long as a line.
const EXAMPLES: [(&str, &str); 22] = [
    ("duyet login < token-file", "man-example-login"),
    ("duyet queue --reported --order reports", "man-example-queue"),
    ("duyet queue --json | jq -r '.cases[].comment.id'", "man-example-json"),
    ("duyet watch --json --min-score 0.9", "man-example-watch"),
    ("duyet reject ID -r personal-data", "man-example-reject"),
    ("duyet undo", "man-example-undo"),
    ("duyet undo --batch BATCH_ID", "man-example-undo-batch"),
    ("duyet bulk spam -q 'vay tiền' --dry-run", "man-example-bulk"),
    ("duyet bulk reject --author KEY -r spam-ad --yes", "man-example-bulk-author"),
    ("duyet ban ID --kind ip-prefix --effect hold -r spam-ad --for 2d", "man-example-ban"),
    ("duyet ban --author KEY -r insult --for 7d --reject-pending", "man-example-ban-author"),
    ("duyet escalate ID --kind authority --for 24h --note 'CV 123'", "man-example-escalate"),
    ("duyet open ARTICLE --for 7d", "man-example-open"),
    ("duyet approve-pending ARTICLE --max-score 0.2 --dry-run", "man-example-approve-pending"),
    ("duyet site --auto-close 14 --report-threshold 5", "man-example-site"),
    ("duyet lockdown --for 2h --note 'bot'", "man-example-lockdown"),
    ("duyet term 'lô đề' --dry-run", "man-example-term"),
    ("duyet term 'lô đề' --state enforce --note 'cờ bạc'", "man-example-term-enforce"),
    ("duyet assess - < text", "man-example-assess"),
    ("duyet replay -n 5000", "man-example-replay"),
    ("duyet stats --since 7d", "man-example-stats"),
    ("duyet man --dir /usr/local/share/man/man1", "man-example-man"),
];

pub(super) fn add(roff: &mut Roff, command: &Command, root: &Command, locale: Locale) {
    section(roff, "man-exit-status", locale);
    terms(roff, &EXIT_CODES, locale);
    roff.control("PP", []).text([roman(locale.text("man-exit-worst"))]);
    section(roff, "man-environment", locale);
    terms(roff, &VARIABLES, locale);
    section(roff, "man-files", locale);
    terms(roff, &[("$XDG_CONFIG_HOME/duyet/login.toml", "man-file-login")], locale);
    let name = command.get_bin_name().unwrap_or_else(|| command.get_name());
    let ours = |line: &str| line == name || line.starts_with(&format!("{name} "));
    let examples = EXAMPLES.iter().filter(|(line, _)| ours(line)).copied().collect::<Vec<_>>();
    if !examples.is_empty() {
        section(roff, "man-examples", locale);
        terms(roff, &examples, locale);
    }
    section(roff, "man-see-also", locale);
    roff.text([roman(see_also(command, root))]);
}

fn section(roff: &mut Roff, key: &str, locale: Locale) {
    roff.control("SH", [locale.text(key).to_uppercase().as_str()]);
}

fn terms(roff: &mut Roff, terms: &[(&str, &str)], locale: Locale) {
    for (term, key) in terms {
        roff.control("TP", []).text([bold(*term)]).text([roman(locale.text(key))]);
    }
}

fn see_also(command: &Command, root: &Command) -> String {
    let others = root.get_subcommands().map(|other| format!("duyet-{}(1)", other.get_name()));
    if command.has_subcommands() {
        others.chain(["duyetd(1)".to_owned()]).collect::<Vec<_>>().join(", ")
    } else {
        "duyet(1)".to_owned()
    }
}
