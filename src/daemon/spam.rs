//! `duyetd spam eval`: runs the server's spam score on rows of a file, so that anyone can reproduce its figures with
//! their own comments.

use std::{
    fs::File,
    io::{self, BufRead as _, BufReader, BufWriter, Write as _},
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

use super::commands::say;
use crate::domain::{
    comment::FormText,
    spam::{self, FormSignals, Knowledge, Model, Reading, evaluation::Evaluation, model::Evidence},
    text,
};

/// One row of the input. Other keys are ignored.
#[derive(Deserialize)]
struct EvaluationRow {
    id: String,
    text: String,
    #[serde(default)]
    label: Option<Label>,
}

#[derive(Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Label {
    Spam,
    Ham,
}

#[derive(Serialize)]
struct Score<'a> {
    id: &'a str,
    score: f64,
}

impl EvaluationRow {
    /// Converts the row to the form that a reader would have submitted.
    fn form(&self) -> FormText {
        let content = text::clean_block(&self.text);
        FormText { author_name: String::new(), title: String::new(), content }
    }

    fn is_spam(&self) -> Option<bool> {
        self.label.as_ref().map(|label| *label == Label::Spam)
    }
}

/// Trains a model, scores the test rows and writes the scores. Reports the quality of the scores if the test rows have
/// labels.
pub(super) fn evaluate(train: &[PathBuf], test: &Path, first: Option<usize>, out: Option<&Path>) -> anyhow::Result<()> {
    let mut model = Model::default();
    let lessons = train.iter().flat_map(|path| rows(path));
    for row in lessons.take(first.unwrap_or(usize::MAX)) {
        let row = row?;
        let is_spam = row.is_spam().with_context(|| format!("row {} has no label to learn", row.id))?;
        model.learn(&Evidence::of(&Reading::of(&row.form())), is_spam);
    }
    model.calibrate();
    let knowledge = Knowledge { model: Some(&model), terms: None };
    let mut scores = Vec::new();
    let mut writer: Box<dyn io::Write> = match out {
        Some(path) => Box::new(BufWriter::new(File::create(path).with_context(|| path.display().to_string())?)),
        None => Box::new(BufWriter::new(io::stdout())),
    };
    for row in rows(test) {
        let row = row?;
        let signals = FormSignals { invisible: text::invisible_characters(&row.text), ..FormSignals::default() };
        let score = spam::assess(&row.form(), &signals, &knowledge).score;
        writeln!(writer, "{}", serde_json::to_string(&Score { id: &row.id, score })?)?;
        scores.extend(row.is_spam().map(|is_spam| (score, is_spam)));
    }
    writer.flush()?;
    report(&model, Evaluation::of(&scores), out.is_some())
}

/// Prints the figures to stdout if the scores were written to a file, and otherwise to stderr.
fn report(model: &Model, figures: Option<Evaluation>, scores_are_in_file: bool) -> anyhow::Result<()> {
    let (ham, spam) = model.counts();
    let learned = format!("learned {} decisions ({ham} ham, {spam} spam)", model.decisions());
    let quality = figures.map(|figures| {
        let Evaluation { auc, recall_at_1_percent: recall, calibration_error } = figures;
        format!("; AUC {auc:.4}, recall at 1 % false alarms {recall:.3}, calibration error {calibration_error:.4}")
    });
    let line = learned + quality.unwrap_or_default().as_str();
    if scores_are_in_file { say(line) } else { writeln!(io::stderr(), "{line}").context("writing to stderr") }
}

fn rows(path: &Path) -> Box<dyn Iterator<Item = anyhow::Result<EvaluationRow>>> {
    let name = path.display().to_string();
    match File::open(path) {
        Err(error) => Box::new(std::iter::once(Err(error).context(name))),
        Ok(file) => Box::new(BufReader::new(file).lines().enumerate().map(move |(at, line)| {
            let place = || format!("{name}:{}", at + 1);
            serde_json::from_str(&line.with_context(place)?).with_context(place)
        })),
    }
}
