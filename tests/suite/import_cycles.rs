//! Checks that no files or folders of the server or the client import each other in a cycle. It reads the `use`
//! lines, and follows names re-exported by a `mod.rs` to their origin.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use crate::support::{
    imports::{imports, module},
    sources::{code, root, rust_files},
};

/// A module's path from the crate's root.
type Module = Vec<String>;

/// Pairs of an importing module and the module that it imports from.
type Edges = BTreeSet<(Module, Module)>;

/// The module whose files are not checked, because they still import each other.
const UNCHECKED: &str = "store";

/// The packages whose files are read.
const PACKAGES: [&str; 2] = ["src", "cli/src"];

/// The modules of a package.
#[derive(Default)]
struct Modules {
    all: BTreeSet<Module>,
    /// The full path of each re-export in a `mod.rs` file, by its module and name.
    reexports: BTreeMap<(Module, String), Vec<String>>,
    /// Each import: the importing module, and the full path.
    imports: Vec<(Module, Vec<String>)>,
}

fn words(path: &str) -> Vec<String> {
    path.split("::").filter(|word| !["crate", "self"].contains(word)).map(str::to_owned).collect()
}

impl Modules {
    fn read(dir: &Path) -> Self {
        let mut modules = Self::default();
        for file in rust_files(dir) {
            let own: Module = module(&file).into_iter().map(str::to_owned).collect();
            let is_face = file.ends_with("mod.rs") || file.ends_with("lib.rs");
            let text = if is_face { fs::read_to_string(&file).unwrap() } else { code(&file) };
            for path in imports(&file, &text).into_iter().filter(|path| path.starts_with("crate::")) {
                let path = words(&path);
                if is_face {
                    modules.reexports.insert((own.clone(), path.last().unwrap().clone()), path);
                } else {
                    modules.imports.push((own.clone(), path));
                }
            }
            modules.all.insert(own);
        }
        modules
    }

    /// Returns the module that defines what `path` names.
    fn origin(&self, path: &[String]) -> Module {
        let depth = (0..=path.len()).rev().find(|depth| self.all.contains(&path[..*depth])).unwrap();
        let (owner, rest) = (path[..depth].to_vec(), &path[depth..]);
        match rest.first().and_then(|name| self.reexports.get(&(owner.clone(), name.clone()))) {
            Some(real) => self.origin(&[real, &rest[1..]].concat()),
            None => owner,
        }
    }

    fn edges(&self) -> Edges {
        let is_unchecked = |module: &Module| module.first().is_some_and(|name| name == UNCHECKED);
        let edges = self.imports.iter().map(|(from, path)| (from.clone(), self.origin(path)));
        edges.filter(|(from, to)| from != to && !(is_unchecked(from) && is_unchecked(to))).collect()
    }
}

/// Removes modules that import nothing or are imported by nothing, until only cycles and the paths between them are
/// left.
fn cycles(mut edges: Edges) -> Edges {
    loop {
        let (from, to): (BTreeSet<_>, BTreeSet<_>) = edges.iter().cloned().unzip();
        let left: Edges = edges.iter().filter(|(a, b)| to.contains(a) && from.contains(b)).cloned().collect();
        if left.len() == edges.len() {
            return left;
        }
        edges = left;
    }
}

/// Lists the edges between the files and folders that are directly in `folder`.
fn within(folder: &[String], edges: &Edges) -> Edges {
    let inside = |module: &Module| module.len() > folder.len() && module.starts_with(folder);
    let child = |module: &Module| module[..=folder.len()].to_vec();
    let edges = edges.iter().filter(|(from, to)| inside(from) && inside(to));
    edges.map(|(from, to)| (child(from), child(to))).filter(|(from, to)| from != to).collect()
}

#[test]
fn no_files_import_each_other() {
    for package in PACKAGES {
        let edges = Modules::read(&root().join(package)).edges();
        assert!(edges.len() > 100, "the imports of {package} are read: {}", edges.len());
        assert_eq!(cycles(edges), Edges::new());
    }
}

#[test]
fn no_folders_import_each_other() {
    for package in PACKAGES {
        let modules = Modules::read(&root().join(package));
        let edges = modules.edges();
        let folders: BTreeSet<&[String]> = modules.all.iter().filter_map(|one| Some(one.split_last()?.1)).collect();
        for folder in folders {
            assert_eq!(cycles(within(folder, &edges)), Edges::new(), "in {package}/{}", folder.join("/"));
        }
    }
}

#[test]
fn a_cycle_is_found_and_a_chain_is_not_a_cycle() {
    let edge = |from: &str, to: &str| (words(from), words(to));
    let chain = Edges::from([edge("a::x", "b::y"), edge("b::z", "c")]);
    assert_eq!(cycles(chain.clone()), Edges::new());
    let back = Edges::from([edge("c", "a::w")]);
    let all: Edges = chain.union(&back).cloned().collect();
    assert_eq!(cycles(all.clone()), Edges::new(), "the files form no cycle");
    assert_eq!(cycles(within(&[], &all)), Edges::from([edge("a", "b"), edge("b", "c"), edge("c", "a")]));
}
