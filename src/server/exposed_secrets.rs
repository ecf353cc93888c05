//! Detection of secrets that other users of the machine can read.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use super::data_dir::{self, SQLITE_FILE};
use crate::config::Config;

/// Writes a sentence for each secret file or directory that is accessible to the group or to others.
pub(super) fn exposed_secrets(config: &Config) -> Vec<String> {
    let dir = &config.data_dir;
    let given = config.secret_files.iter().map(|(name, path)| (*name, path.clone()));
    let own = [("data_dir", dir.clone()), ("keys", data_dir::key_file(dir)), ("data_dir", dir.join(SQLITE_FILE))];
    let tokens = token_files(dir).into_iter().map(|path| ("data_dir", path));
    let exposed = given.chain(own).chain(tokens).filter_map(|(name, path)| sentence(name, &path));
    exposed.collect()
}

fn sentence(name: &str, path: &Path) -> Option<String> {
    let mode = fs::metadata(path).ok()?.permissions().mode() & 0o777;
    let wanted = if path.is_dir() { "700" } else { "600" };
    let path = path.display();
    (mode & 0o077 != 0).then(|| {
        format!("{path} ({name}) is accessible to other users of this machine (mode {mode:o}): chmod {wanted} {path}")
    })
}

fn token_files(dir: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(dir) else { return vec![] };
    let paths = entries.flatten().map(|entry| entry.path());
    let mut tokens: Vec<_> = paths.filter(|path| path.extension().is_some_and(|name| name == "token")).collect();
    tokens.sort();
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Settings;

    #[test]
    fn secrets_that_others_can_read_are_reported_with_the_remedy() {
        let dir = tempfile::tempdir().unwrap();
        let keys = dir.path().join("given.keys");
        let files = [keys.clone(), dir.path().join("admin.token"), dir.path().join("duyet.keys")];
        for file in &files {
            fs::write(file, crate::keyring::Keyring::generate()).unwrap();
        }
        let settings = Settings { data_dir: Some(dir.path().into()), keys_file: Some(keys), ..Settings::default() };
        let config = Config::from_settings(settings).unwrap();
        let set = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        let all = || files.iter().map(PathBuf::as_path).chain([dir.path()]);
        for (mode, exposed) in [(0o700, 0), (0o740, 4), (0o704, 4), (0o755, 4)] {
            all().for_each(|path| set(path, mode));
            let reported = exposed_secrets(&config);
            assert_eq!(reported.len(), exposed, "{mode:o}: {reported:?}");
            assert!(
                all().all(|path| exposed == 0 || reported.iter().any(|line| line.contains(path.to_str().unwrap())))
            );
        }
    }
}
