//! How often the article was read: in memory, and in a small file so that a restart does not forget it.

use std::path::PathBuf;

use tokio::sync::Mutex;

/// The counter. The lock also keeps two writes of the file apart.
pub(crate) struct ReadCount {
    count: Mutex<u64>,
    file: Option<PathBuf>,
}

impl ReadCount {
    /// Carries on from the file's number. A missing or broken file counts from zero: it is decoration, not data.
    pub(crate) fn open(file: Option<PathBuf>) -> Self {
        let text = file.as_ref().and_then(|path| std::fs::read_to_string(path).ok());
        let count = text.and_then(|text| text.trim().parse().ok()).unwrap_or_default();
        Self { count: Mutex::new(count), file }
    }

    /// The count after this visit. `fresh` visits count, repeated ones only look.
    pub(crate) async fn visit(&self, fresh: bool) -> u64 {
        let mut count = self.count.lock().await;
        if fresh {
            *count += 1;
            if let Some(path) = &self.file {
                // A number that cannot be saved is no reason to fail the page.
                let _ = tokio::fs::write(path, count.to_string()).await;
            }
        }
        *count
    }
}

/// `1.234`: Vietnamese groups thousands with a point.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push('.');
        }
        grouped.push(digit);
    }
    grouped
}
