//! Checks the prose of the whole repository.

use std::process::Command;

/// Comments, messages, names, the contract and the documents contain no banned word and no line of more than 120
/// characters. `tools/prose/banned.txt` lists the words, and `tools/prose/exceptions.txt` the exceptions.
#[test]
fn prose_has_no_banned_words_and_no_long_lines() {
    let root = env!("CARGO_MANIFEST_DIR");
    let output = Command::new("python3").arg("tools/prose/prose").arg("check").current_dir(root).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}
