//! The number of views of the article, in memory and in a small file that survives a restart.

use std::path::PathBuf;

use tokio::sync::Mutex;

/// The counter. Its lock also serialises writes of the file.
pub(crate) struct ReadCount {
    count: Mutex<u64>,
    file: Option<PathBuf>,
}

impl ReadCount {
    /// Continues from the number in the file. A missing or invalid file counts from zero, because the number is only
    /// decoration.
    pub(crate) fn open(file: Option<PathBuf>) -> Self {
        let text = file.as_ref().and_then(|path| std::fs::read_to_string(path).ok());
        let count = text.and_then(|text| text.trim().parse().ok()).unwrap_or_default();
        Self { count: Mutex::new(count), file }
    }

    /// Returns the number of views. Only `fresh` visits increment it.
    pub(crate) async fn visit(&self, fresh: bool) -> u64 {
        let mut count = self.count.lock().await;
        if fresh {
            *count += 1;
            if let Some(path) = &self.file {
                // The page is still served if the number cannot be saved.
                let _ = tokio::fs::write(path, count.to_string()).await;
            }
        }
        *count
    }
}

/// Formats a number as `1.234`: Vietnamese separates thousands by points.
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
