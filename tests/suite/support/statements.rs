//! Records the statements that the store runs in this process, for the test that explains them.

use std::{
    collections::BTreeSet,
    fmt::Debug,
    fs::{File, OpenOptions},
    io::Write as _,
    path::PathBuf,
    sync::{Mutex, Once},
};

use serde::{Deserialize, Serialize};
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
    level_filters::LevelFilter,
};
use tracing_subscriber::{
    Layer,
    filter::Targets,
    layer::{Context, SubscriberExt as _},
};

/// A statement with its place in the source code.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Ran {
    pub(crate) file: String,
    pub(crate) line: u64,
    pub(crate) dialect: String,
    pub(crate) sql: String,
}

/// Returns the file in which statements are recorded, one JSON object per line, if it is configured.
pub(crate) fn file() -> Option<PathBuf> {
    std::env::var_os("DUYET_TEST_STATEMENTS").map(PathBuf::from)
}

/// Starts recording, if a file is configured.
pub(crate) fn record() {
    static STARTED: Once = Once::new();
    STARTED.call_once(|| {
        let Some(path) = file() else { return };
        let file = OpenOptions::new().create(true).append(true).open(path).unwrap();
        let recorder = Recorder { known: Mutex::default(), file };
        let only = Targets::new().with_target("duyetd::sql", LevelFilter::TRACE);
        let subscriber = tracing_subscriber::registry().with(recorder.with_filter(only));
        tracing::subscriber::set_global_default(subscriber).unwrap();
    });
}

struct Recorder {
    known: Mutex<BTreeSet<Ran>>,
    file: File,
}

impl<S: Subscriber> Layer<S> for Recorder {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut ran = Ran::default();
        event.record(&mut ran);
        let mut known = self.known.lock().unwrap();
        if known.insert(ran.clone()) {
            writeln!(&self.file, "{}", serde_json::to_string(&ran).unwrap()).unwrap();
        }
    }
}

impl Visit for Ran {
    fn record_u64(&mut self, _: &Field, value: u64) {
        self.line = value;
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        let kept = if field.name() == "file" { &mut self.file } else { &mut self.sql };
        value.clone_into(kept);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() == "dialect" {
            self.dialect = format!("{value:?}");
        }
    }
}
