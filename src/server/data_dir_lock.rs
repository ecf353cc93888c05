//! The lock on a data directory, which ensures that at most one process serves an embedded database.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{Read as _, Seek as _, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

use anyhow::{Context as _, bail};

/// A held lock. The kernel releases it whenever the process ends, even after a crash.
#[derive(Debug)]
pub struct DirLock {
    _file: File,
}

/// Locks a data directory for the process that serves it. Two servers on one SQLite file would serve stale pages, bans
/// and policies from their caches, because they do not learn of each other's changes.
///
/// # Errors
/// Another process holds the lock, or the file cannot be created.
pub fn lock_data_dir(dir: &Path) -> anyhow::Result<DirLock> {
    let path = dir.join("duyet.lock");
    let open = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(&path);
    let mut file = open.with_context(|| path.display().to_string())?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => bail!(
            "another duyetd{} uses the data directory {}: stop it, or use another directory with --data-dir \
             (DUYET_DATA_DIR). Several replicas need PostgreSQL (DATABASE_URL)",
            holder(&mut file),
            dir.display()
        ),
        Err(TryLockError::Error(error)) => return Err(error).with_context(|| format!("locking {}", path.display())),
    }
    // The process id is only for the message above and has no effect on the lock.
    file.set_len(0)
        .and_then(|()| write!(file, "{}", std::process::id()))
        .with_context(|| path.display().to_string())?;
    Ok(DirLock { _file: file })
}

/// Describes the process that holds the lock, if it has written its id already.
fn holder(file: &mut File) -> String {
    let mut text = String::new();
    let read = file.rewind().and_then(|()| file.read_to_string(&mut text));
    match (read, text.trim().parse::<u32>()) {
        (Ok(_), Ok(id)) => format!(" (process {id})"),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_can_be_locked_once_and_again_after_its_release() {
        let dir = tempfile::tempdir().unwrap();
        let first = lock_data_dir(dir.path()).unwrap();
        let denied = lock_data_dir(dir.path()).unwrap_err().to_string();
        let process = format!("(process {})", std::process::id());
        assert!(denied.contains(&process) && denied.contains(dir.path().to_str().unwrap()), "{denied}");
        drop(first);
        lock_data_dir(dir.path()).unwrap();
    }
}
