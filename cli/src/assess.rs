//! `duyet assess`: the service's assessment of a text, with its findings.

use std::{
    fs::File,
    io::{self, Read as _},
    path::Path,
};

use super::{
    args::AssessArgs,
    context::Context,
    exit::{Exit, Failure},
    facts, names, show,
};
use duyet_locale::Locale;
use duyet_proto::{Json, v1};

/// Longest text that is read, in bytes. The service accepts no longer message.
const MAX_BYTES: u64 = 64 * 1024;

pub(super) async fn run(context: &Context<'_>, args: AssessArgs) -> Result<Exit, Failure> {
    let text = read(&args.file).map_err(|error| {
        let values = [("path", args.file.display().to_string().into()), ("error", error.to_string().into())];
        Failure::new(Exit::Usage, context.locale.text_with("cli-file-not-read", &values))
    })?;
    let mut connection = context.connect().await?;
    let request = v1::AssessTextRequest {
        author_name: args.signed.unwrap_or_default(),
        title: args.title.unwrap_or_default(),
        content: text,
    };
    let answer = connection.rules.assess_text(request).await;
    let answer = answer.map_err(|status| context.failure(&connection, &status))?.into_inner();
    if context.output.json {
        context.output.json(&Json::new(&answer))?;
    } else {
        context.output.data(&describe(&answer, context.locale))?;
    }
    Ok(Exit::Done)
}

/// Reads a file, or stdin for `-`.
fn read(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    let mut source: Box<dyn io::Read> =
        if path == Path::new("-") { Box::new(io::stdin()) } else { Box::new(File::open(path)?) };
    source.by_ref().take(MAX_BYTES).read_to_string(&mut text)?;
    let mut rest = [0];
    if source.read(&mut rest)? > 0 {
        return Err(io::Error::other(format!("> {MAX_BYTES} bytes")));
    }
    Ok(text)
}

fn describe(answer: &v1::AssessTextResponse, locale: Locale) -> String {
    let assessment = names::assessment(answer.verdict).map(|name| names::words(locale, "assessment", name));
    let learned = [("decisions", answer.decisions.into())];
    let facts = [
        ("score", locale.decimal(answer.score, 2)),
        ("assessment", assessment.unwrap_or_default()),
        ("judged-by", locale.text_with("cli-assessed-by", &learned)),
    ];
    let mut parts = vec![facts::list(&facts, locale)];
    if !answer.findings.is_empty() {
        parts.push(facts::heading("cli-findings", locale));
        parts.extend(answer.findings.iter().map(|one| show::finding(one, locale)));
    }
    parts.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_assessment_is_described_in_words() {
        let finding = v1::Finding {
            rule: "LINK".into(),
            weight: 2.5,
            explanation: "Có liên kết: “a.vn\u{1b}[2J”.".into(),
            ..Default::default()
        };
        let answer = v1::AssessTextResponse {
            score: 0.623,
            verdict: v1::Verdict::Hold.into(),
            findings: vec![finding],
            ..Default::default()
        };
        let plain = anstream::adapter::strip_str(&describe(&answer, Locale::Vi)).to_string();
        assert!(plain.contains("0,62") && plain.contains("chờ duyệt") && plain.contains("+2,5  liên kết"), "{plain}");
        assert!(!describe(&answer, Locale::En).contains("\u{1b}[2J"));
    }

    #[test]
    fn a_text_over_the_limit_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("text");
        for (length, fits) in [(64 * 1024, true), (64 * 1024 + 1, false)] {
            std::fs::write(&path, "a".repeat(length)).unwrap();
            assert_eq!(read(&path).is_ok(), fits);
        }
        assert!(read(&dir.path().join("missing")).is_err());
    }
}
