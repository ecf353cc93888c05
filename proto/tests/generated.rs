//! The generated code in `src/generated` is committed, so that nobody who builds duyet builds a protobuf compiler first. This test
//! compiles the .proto files with protox, which needs no protoc on the system, and fails when the result is not what is committed.
//! With `DUYET_GENERATE=1` it writes the result instead.

use std::{env, fs, path::Path};

use prost::Message as _;
use tempfile::TempDir;

const PROTOS: [&str; 11] = [
    "duyet/v1/ban_service.proto",
    "duyet/v1/captcha_service.proto",
    "duyet/v1/comment.proto",
    "duyet/v1/comment_service.proto",
    "duyet/v1/error_reason.proto",
    "duyet/v1/moderation_service.proto",
    "duyet/v1/policy_service.proto",
    "duyet/v1/privacy_service.proto",
    "duyet/v1/rule_service.proto",
    "google/rpc/error_details.proto",
    "google/rpc/status.proto",
];

/// Messages that hold answers, tokens or addresses: `src/lib.rs` has their `Debug`.
const SECRET: [&str; 6] = [
    "AltchaChallenge",
    "Client",
    "IssueChallengeResponse",
    "SubmitCommentRequest",
    "VerifyChallengeRequest",
    "VerifyChallengeResponse",
];

const FILES: [&str; 2] = ["duyet.v1.rs", "duyet.v1.bin"];

/// Writes the code and the descriptor set to `out`.
fn generate(out: &Path) {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let descriptors = protox::compile(PROTOS, [package]).unwrap();
    fs::write(out.join("duyet.v1.bin"), descriptors.encode_to_vec()).unwrap();
    let mut config = tonic_prost_build::Config::new();
    // JSON is written from the descriptor set, where a message is found by its name.
    config.enable_type_names();
    tonic_prost_build::configure()
        .out_dir(out)
        // Its type exists already, and clients of tonic know it.
        .extern_path(".google.rpc", "::tonic_types::pb")
        .client_mod_attribute(".", "#[cfg(feature = \"client\")]")
        .server_mod_attribute(".", "#[cfg(feature = \"server\")]")
        .skip_debug(SECRET.map(|message| format!(".duyet.v1.{message}")))
        .compile_fds_with_config(descriptors, config)
        .unwrap();
}

#[test]
fn the_committed_code_is_what_the_proto_files_say() {
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/generated");
    let fresh = TempDir::new().unwrap();
    generate(fresh.path());
    for file in FILES {
        let (fresh, committed) = (fresh.path().join(file), committed.join(file));
        if env::var_os("DUYET_GENERATE").is_some() {
            fs::copy(fresh, committed).unwrap();
            continue;
        }
        let same = fs::read(fresh).unwrap() == fs::read(committed).unwrap_or_default();
        assert!(same, "{file} is old: run DUYET_GENERATE=1 cargo test -p duyet-proto");
    }
}
