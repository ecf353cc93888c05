//! Checks which module may import which, as read from the `use` lines, and how long files and functions may be.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::support::{
    imports::imports,
    sources::{code, root, rust_files, source},
};

/// A module of the server, the modules it may import, and the crates it must not name. Cargo enforces the imports of
/// other packages.
const MODULES: [(&str, &[&str], &[&str]); 12] = [
    ("captcha", &["domain", "supervise"], &["tonic", "sqlx", "redis", "axum", "duyet_proto"]),
    ("config", &["domain"], &["tokio", "tonic", "sqlx", "redis", "axum", "duyet_proto"]),
    ("daemon", ALL, &[]),
    (
        "domain",
        &[],
        &[
            "tokio",
            "tonic",
            "sqlx",
            "redis",
            "governor",
            "axum",
            "metrics",
            "tracing",
            "rand",
            "duyet_proto",
            "duyet_locale",
        ],
    ),
    ("grpc", &["domain", "ops", "service", "supervise"], &["sqlx", "redis", "governor"]),
    ("keyring", &["domain"], &["tokio", "tonic", "sqlx", "redis", "axum", "duyet_proto"]),
    ("limiter", &["domain", "supervise"], &["tonic", "sqlx", "axum", "duyet_proto"]),
    ("ops", &["domain", "supervise"], &["tonic", "sqlx", "redis", "duyet_proto"]),
    ("server", ALL, &[]),
    (
        "service",
        &["captcha", "domain", "keyring", "limiter", "ops", "store", "supervise"],
        &["tonic", "sqlx", "redis", "axum", "duyet_proto"],
    ),
    ("store", &["domain", "supervise"], &["tonic", "redis", "axum", "duyet_proto"]),
    ("supervise", &[], &["tonic", "sqlx", "redis", "axum", "duyet_proto"]),
];

/// Modules that connect the others.
const ALL: &[&str] = &[
    "captcha",
    "config",
    "daemon",
    "domain",
    "grpc",
    "keyring",
    "limiter",
    "ops",
    "server",
    "service",
    "store",
    "supervise",
];

/// The other packages, whose files have the same limits of length.
const PACKAGES: [&str; 4] = ["cli/src", "examples/portal", "locale/src", "proto/src"];

/// Longest file in lines, without its tests.
const LONGEST_FILE: usize = 300;

/// Longest function in lines.
const LONGEST_FUNCTION: usize = 60;

/// Lists the source files of all packages.
fn all_sources() -> Vec<PathBuf> {
    source("").into_iter().chain(PACKAGES.iter().flat_map(|package| rust_files(&root().join(package)))).collect()
}

/// Lists the lines that are not comments, and every import as a full path.
fn named_paths(path: &Path) -> Vec<String> {
    let code = code(path);
    let lines = code.lines().map(str::trim).filter(|line| !line.starts_with("//"));
    lines.map(str::to_owned).chain(imports(path, &code)).collect()
}

/// Checks whether the line names the crate or module as a path.
fn names(line: &str, forbidden: &str) -> bool {
    let path = format!("{forbidden}::");
    let starts = |at: usize| !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':' || c == '"');
    line.match_indices(&path).any(|(at, _)| starts(at)) || line == forbidden || line == format!("use {forbidden};")
}

#[test]
fn no_module_imports_a_forbidden_module_or_crate() {
    for (module, allowed, crates) in MODULES {
        let strangers = ALL.iter().filter(|other| **other != module && !allowed.contains(other));
        let forbidden: Vec<String> = strangers
            .map(|other| format!("crate::{other}"))
            .chain(crates.iter().map(|one| (*one).to_owned()))
            .collect();
        for file in source(module) {
            for line in named_paths(&file) {
                let broken = forbidden.iter().find(|path| names(&line, path));
                assert_eq!(broken, None, "{}: {module} must not contain: {line}", file.display());
            }
        }
    }
}

#[test]
fn every_module_is_in_the_table() {
    let src = fs::read_dir(root().join("src")).unwrap();
    let mut modules: Vec<String> = src
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
        .filter(|module| module != "bin" && module != "lib")
        .collect();
    modules.sort();
    assert_eq!(modules, MODULES.map(|(module, ..)| module));
    assert_eq!(modules, ALL);
}

#[test]
fn sql_is_in_the_store_only() {
    for file in all_sources() {
        let text = code(&file);
        let outside = !file.components().any(|part| part.as_os_str() == "store");
        assert!(!(outside && text.contains("sqlx::query")), "{}", file.display());
        // The first file renders statements from static templates, the second inserts numbers, the third joins
        // statements.
        let renders = ["store/sql/connection.rs", "store/postgres/session.rs", "store/sqlite/session.rs"];
        let renders = renders.iter().any(|path| file.ends_with(path));
        assert!(renders || !text.contains("AssertSqlSafe"), "{}: SQL is static", file.display());
    }
}

/// Returns the lengths of a file's functions, from the line of `fn` to the brace at its column.
fn function_lengths(text: &str) -> Vec<usize> {
    let lines: Vec<&str> = text.lines().collect();
    let column = |line: &str| line.len() - line.trim_start().len();
    let starts = lines
        .iter()
        .enumerate()
        .filter(|(_, line)| line.trim_start().split(" fn ").count() > 1 || line.trim_start().starts_with("fn "));
    starts
        .filter_map(|(start, line)| {
            let end = lines[start..].iter().position(|other| column(other) == column(line) && other.trim() == "}")?;
            Some(end + 1)
        })
        .collect()
}

fn median_and_longest(mut lengths: Vec<usize>) -> (usize, usize) {
    lengths.sort_unstable();
    (lengths[lengths.len() / 2], lengths[lengths.len() - 1])
}

#[test]
fn files_and_functions_stay_short() {
    let sources = all_sources();
    let files: Vec<String> = sources.iter().map(|file| code(file)).collect();
    for (file, text) in sources.iter().zip(&files) {
        let lines = text.lines().count();
        assert!(lines <= LONGEST_FILE, "{} has {lines} lines", file.display());
    }
    let (median, longest) = median_and_longest(files.iter().map(|text| text.lines().count()).collect());
    println!("{} files: median {median} lines, longest {longest}", files.len());
    let functions: Vec<usize> = files.iter().flat_map(|text| function_lengths(text)).collect();
    let count = functions.len();
    let (median, longest) = median_and_longest(functions);
    println!("{count} functions: median {median} lines, longest {longest}");
    assert!(longest <= LONGEST_FUNCTION, "a function has {longest} lines");
}

#[test]
fn every_longer_file_begins_with_a_module_comment() {
    for file in all_sources() {
        let text = fs::read_to_string(&file).unwrap();
        let opens = text.starts_with("//!");
        assert!(opens || text.lines().count() <= 60, "{} lacks a //! line", file.display());
    }
}

/// Spawned tasks that are not supervised: the file, the task, and the reason.
const UNSUPERVISED: [(&str, &str, &str); 11] = [
    ("captcha/image_pool.rs", "move || fill(", "the thread catches its panics itself"),
    ("grpc/transport/listener.rs", "Guarded::over_tls(", "the task ends when its handshake ends"),
    ("grpc/transport/tls.rs", "move || files.read()", "the task `certificate` waits for it"),
    ("limiter/redis/call_queue.rs", "timeout(FORGOTTEN, call)", "the callers of the call time out"),
    ("server/listen.rs", "server.serve_with_incoming_shutdown(", "the process ends when this task ends"),
    ("server/start.rs", "Arc::clone(&services), reporter", "the function supervises the tasks that it spawns"),
    ("service/blocking.rs", "task", "the caller waits for the task"),
    ("service/moderation/change_feed.rs", "run_until_cancelled_owned(polling)", "`keep_looking` supervises itself"),
    ("store/connections.rs", "timeout(RETURN,", "the task ends within its timeout"),
    ("store/postgres/session.rs", "connection.return_to_pool()", "the task ends after its rollback"),
    ("store/sqlite/session.rs", "home.put(connection)", "the task ends after its rollback"),
];

/// Lists the arguments of every call that spawns a task or a thread.
fn spawns(code: &str) -> Vec<&str> {
    let calls = ["spawn(", "spawn_blocking(", "spawn_local("].into_iter().flat_map(|call| {
        code.match_indices(call).filter_map(move |(at, _)| {
            let before = code[..at].chars().next_back()?;
            (before == ':' || before == '.').then_some(at + call.len())
        })
    });
    let argument = |start: usize| {
        let mut depth = 1;
        let end = code[start..].find(|c: char| {
            depth += i32::from(c == '(') - i32::from(c == ')');
            depth == 0
        });
        &code[start..start + end.unwrap()]
    };
    calls.map(argument).collect()
}

/// Checks whether the argument is a supervised task, or names a variable that is one.
fn is_supervised(code: &str, argument: &str) -> bool {
    let mut words = argument.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty());
    argument.starts_with("supervise(") || words.any(|word| code.contains(&format!("let {word} = supervise(")))
}

#[test]
fn every_task_of_the_server_is_supervised() {
    let mut used = [false; UNSUPERVISED.len()];
    for file in source("").iter().filter(|file| !file.ends_with("src/supervise.rs")) {
        let code = code(file);
        for argument in spawns(&code).into_iter().filter(|argument| !is_supervised(&code, argument)) {
            let known = UNSUPERVISED.iter().position(|(path, text, _)| file.ends_with(path) && argument.contains(text));
            let known = known.unwrap_or_else(|| panic!("{}: not supervised: {argument}", file.display()));
            used[known] = true;
        }
    }
    for ((path, text, _), used) in UNSUPERVISED.iter().zip(used) {
        assert!(used, "{path}: the exception is not used: {text}");
    }
}

#[test]
fn a_spawn_is_found_with_its_whole_argument() {
    let code =
        "fn spawn(a: u8) {}\nlet task = supervise(\"x\", f);\nscope.spawn(task);\ntokio::spawn(async move { g(1) });";
    let found = spawns(code);
    assert_eq!(found, ["task", "async move { g(1) }"]);
    assert_eq!(found.iter().map(|argument| is_supervised(code, argument)).collect::<Vec<_>>(), [true, false]);
}

/// Code is in files named for their content. The store's folders still have some in `mod.rs`.
#[test]
fn mod_files_only_declare_and_re_export() {
    for file in all_sources() {
        let is_store = file.components().any(|part| part.as_os_str() == "store");
        if is_store || !(file.ends_with("mod.rs") || file == root().join("src/lib.rs")) {
            continue;
        }
        let text = fs::read_to_string(&file).unwrap();
        // Indented lines belong to a re-export's list.
        for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with([' ', '/', '}', '#'])) {
            let item = match line.split_once(") ") {
                Some((visibility, item)) if visibility.starts_with("pub(") => item,
                _ => line.strip_prefix("pub ").unwrap_or(line),
            };
            assert!(item.starts_with("mod ") || item.starts_with("use "), "{}: {line}", file.display());
        }
    }
}
