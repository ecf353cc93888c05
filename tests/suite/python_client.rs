//! An independent client: grpcio from PyPI with its default limits.

use std::{
    fs,
    io::Write as _,
    process::{Command, Stdio},
};

use crate::{
    responses::newsroom_with_waiting,
    support::{
        daemon::Daemon,
        newsroom::{ANSWER, Database, on_both_databases},
    },
};

on_both_databases! {
    a_portal_and_a_moderator_can_be_python_clients,
}

async fn a_portal_and_a_moderator_can_be_python_clients(database: Database) {
    let waiting = 500;
    let newsroom = newsroom_with_waiting(database, waiting).await;
    let modules = std::env::var("DUYET_TEST_PYTHON_MODULES").expect("run by tests/run");
    let root = env!("CARGO_MANIFEST_DIR");
    let mut script = Command::new("python3");
    script
        .arg(format!("{root}/tests/python/stock_client.py"))
        .arg(newsroom.running.grpc_addr.to_string())
        .args([newsroom.token("portal"), newsroom.token("moderator")])
        .args([ANSWER, &format!("{root}/proto"), &waiting.to_string()])
        .env("PYTHONPATH", modules)
        .env("PYTHONDONTWRITEBYTECODE", "1");
    let output = tokio::task::spawn_blocking(move || script.output()).await.unwrap().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn example() -> &'static str {
    let (_, after) =
        include_str!("../../README.md").split_once("```python\n").expect("the README has a Python example");
    after.split("```").next().unwrap()
}

#[test]
fn the_python_example_of_the_readme_submits_a_comment() {
    let modules = std::env::var("DUYET_TEST_PYTHON_MODULES").expect("run by tests/run");
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("duyet-data")).unwrap();
    let daemon = Daemon::start(&dir.path().join("duyet-data"), &[]);
    let program = example().replace("127.0.0.1:50051", &daemon.grpc_addr.to_string());
    assert!(program.contains(&daemon.grpc_addr.to_string()), "the example calls the default address");
    fs::write(dir.path().join("first_comment.py"), program).unwrap();
    let root = env!("CARGO_MANIFEST_DIR");
    let script = format!(
        "python3 -m grpc_tools.protoc -I{root}/proto --python_out=. --grpc_python_out=. {root}/proto/*/*/*.proto \
         && python3 first_comment.py"
    );
    let mut shell = Command::new("sh")
        .args(["-c", &script])
        .current_dir(dir.path())
        .env("PYTHONPATH", format!("{modules}:."))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    writeln!(shell.stdin.take().unwrap(), "{ANSWER}").unwrap();
    let output = shell.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && text.contains("OUTCOME_PENDING"), "{text}");
    assert!(fs::read(dir.path().join("captcha.png")).unwrap().starts_with(b"\x89PNG"));
}
