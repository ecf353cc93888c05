//! Links between the project's Markdown files: the files must exist, and anchors must be headings.

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
};

use crate::support::sources::root;

/// Lists the project's Markdown files below `dir`.
fn markdown_files(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    let ours = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_str().unwrap();
        name != "target" && name != "node_modules" && !name.starts_with('.')
    };
    entries
        .filter(ours)
        .flat_map(|path| if path.is_dir() { markdown_files(&path) } else { vec![path] })
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .collect()
}

/// Returns the lines outside of code blocks.
fn prose(text: &str) -> Vec<&str> {
    let mut in_code = false;
    let outside = |line: &&str| {
        let fence = line.trim_start().starts_with("```");
        in_code ^= fence;
        !fence && !in_code
    };
    text.lines().filter(outside).collect()
}

fn without_code(text: &str) -> String {
    text.split('`').step_by(2).collect::<Vec<_>>().join("``")
}

/// Returns the anchors of the headings, as GitHub generates them.
fn anchors(text: &str) -> Vec<String> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    let headings = prose(text)
        .into_iter()
        .filter_map(|line| line.trim_start_matches('#').strip_prefix(' ').filter(|_| line.starts_with('#')));
    let slug = |heading: &str| -> String {
        let kept = heading.trim().chars().filter(|&kept| kept.is_alphanumeric() || matches!(kept, ' ' | '-' | '_'));
        kept.collect::<String>().to_lowercase().replace(' ', "-")
    };
    let numbered = |slug: String| {
        let count = seen.entry(slug.clone()).and_modify(|count| *count += 1).or_default();
        if *count == 0 { slug } else { format!("{slug}-{count}") }
    };
    headings.map(slug).map(numbered).collect()
}

/// Returns the targets of the links and images of a text, except those on other sites.
fn targets(text: &str) -> Vec<String> {
    let text = without_code(&prose(text).join("\n"));
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    targets.filter(|target| !target.contains("://")).map(str::to_owned).collect()
}

#[test]
fn every_link_leads_to_a_file_and_a_heading() {
    let files = markdown_files(root());
    assert!(files.len() > 10, "{files:?}");
    let mut broken = Vec::new();
    for file in &files {
        let text = fs::read_to_string(file).unwrap();
        for target in targets(&text) {
            let (path, anchor) =
                target.split_once('#').map_or((target.as_str(), None), |(path, anchor)| (path, Some(anchor)));
            let linked = if path.is_empty() { file.clone() } else { file.parent().unwrap().join(path) };
            let found = match anchor {
                None => linked.exists(),
                Some(anchor) => {
                    fs::read_to_string(&linked).is_ok_and(|text| anchors(&text).iter().any(|known| known == anchor))
                }
            };
            if !found {
                broken.push(format!("{}: {target}", file.strip_prefix(root()).unwrap().display()));
            }
        }
    }
    assert!(broken.is_empty(), "broken links:\n{}", broken.join("\n"));
}
