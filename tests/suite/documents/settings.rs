//! The table of settings in `docs/operate.md`, from the comments, attributes and defaults in the code.

use std::{fmt::Write as _, fs};

use duyetd::config::{Config, Settings};
use toml::{Table, Value};

use super::{generated, macros::strings};
use crate::support::sources::root;

/// The sections of the configuration file: prefix of the keys, file and struct.
const SECTIONS: [(&str, &str, &str); 10] = [
    ("", "src/config/settings.rs", "Settings"),
    ("store.", "src/config/store_sizes.rs", "StoreSizes"),
    ("grpc.", "src/config/listeners.rs", "GrpcSettings"),
    ("http.", "src/config/listeners.rs", "HttpSettings"),
    ("captcha.", "src/config/settings.rs", "CaptchaSettings"),
    ("captcha.proof_tries.", "src/domain/challenge.rs", "ProofTries"),
    ("policy.", "src/config/settings.rs", "PolicySettings"),
    ("text.", "src/domain/comment.rs", "TextLimits"),
    ("retention.", "src/domain/privacy.rs", "Retention"),
    ("limits.", "src/domain/rate_limit.rs", "Quotas"),
];

/// A field of a struct: its comment, its attributes and its name.
struct Field {
    comment: String,
    attributes: String,
    name: String,
}

fn fields(file: &str, name: &str) -> Vec<Field> {
    let code = fs::read_to_string(root().join(file)).unwrap();
    let (_, body) = code.split_once(&format!("pub struct {name} {{\n")).unwrap();
    let (body, _) = body.split_once("\n}").unwrap();
    let (mut comment, mut attributes, mut fields) = (Vec::new(), String::new(), Vec::new());
    for line in body.lines().map(str::trim) {
        if let Some(text) = line.strip_prefix("///") {
            comment.push(text.trim());
        } else if let Some((name, _)) = line.strip_prefix("pub ").and_then(|field| field.split_once(": ")) {
            let (comment, attributes) = (std::mem::take(&mut comment).join(" "), std::mem::take(&mut attributes));
            fields.push(Field { comment, attributes, name: name.to_owned() });
        } else if !line.starts_with("//") {
            attributes.push_str(line);
        }
    }
    fields
}

/// Returns the environment variable of a field: that of its flag, or, for a secret, which has no flag, the variable
/// from which the secret is read.
fn variable(field: &Field) -> Option<String> {
    let code = fs::read_to_string(root().join("src/config/settings.rs")).unwrap();
    let secret = code.split_once(&format!("self.{} = read(", field.name)).map(|(_, rest)| rest);
    let flag = field.attributes.split_once("env = ").map(|(_, rest)| rest);
    flag.or(secret).and_then(|rest| strings(rest.split(')').next().unwrap()).into_iter().next())
}

fn default_of<'a>(defaults: &'a Table, key: &str) -> Option<&'a Value> {
    let (section, name) = key.rsplit_once('.').map_or((None, key), |(section, name)| (Some(section), name));
    let mut sections = section.into_iter().flat_map(|section| section.split('.'));
    sections.try_fold(defaults, |table, section| table.get(section)?.as_table())?.get(name)
}

/// Splits a comment into its meaning and the default that it states, for a setting whose default is not a value.
fn split_default(comment: &str) -> (&str, Option<&str>) {
    let found = comment.rsplit_once(" [default: ").map(|(meaning, rest)| (meaning, rest.strip_suffix(']')));
    found.unwrap_or((comment, None))
}

fn row(prefix: &str, field: &Field, defaults: &Table) -> String {
    let key = format!("{prefix}{}", field.name);
    let in_file = !field.attributes.contains("#[serde(skip)]");
    let (meaning, named) = split_default(&field.comment);
    let meaning = meaning.trim_end_matches('.');
    assert!(!meaning.is_empty(), "{key} has no comment");
    let default = match (default_of(defaults, &key), named) {
        (Some(Value::String(text)), _) => format!("`{text}`"),
        (Some(value), _) => format!("`{value}`"),
        (None, Some(named)) => named.to_owned(),
        (None, None) => "–".to_owned(),
    };
    let key = if in_file { format!("`{key}`") } else { "–".to_owned() };
    let variable = variable(field).map_or_else(String::new, |name| format!("`{name}`"));
    format!("| {key} | {variable} | {default} | {} |", meaning.replace('|', "\\|"))
}

fn keys(table: &Table, prefix: &str) -> Vec<String> {
    let of = |(name, value): (&String, &Value)| match value {
        Value::Table(section) => keys(section, &format!("{prefix}{name}.")),
        _ => vec![format!("{prefix}{name}")],
    };
    table.iter().flat_map(of).collect()
}

#[test]
fn the_table_of_settings_is_what_the_code_declares() {
    let config = Config::from_settings(Settings::default()).unwrap();
    let defaults = Table::try_from(Settings::from(&config)).unwrap();
    let mut table = "\n| key in the file | environment | default | meaning |\n|---|---|---|---|\n".to_owned();
    for (prefix, file, name) in SECTIONS {
        let is_section =
            |field: &Field| SECTIONS.iter().any(|(other, ..)| *other == format!("{prefix}{}.", field.name));
        for field in fields(file, name).iter().filter(|field| !is_section(field)) {
            let _ = writeln!(table, "{}", row(prefix, field, &defaults));
        }
    }
    for key in keys(&defaults, "") {
        assert!(table.contains(&format!("| `{key}` |")), "{key} is not in the table: add its struct to SECTIONS");
    }
    generated::compare("settings", &format!("{table}\n"));
}
