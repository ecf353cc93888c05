//! Generates the code of `duyet-proto` and its reference `docs/api.md` from the .proto files:
//! `cargo run -p duyet-proto-generate`. The results are committed, so that a build of duyet needs no protobuf compiler.
//! Tests compare them with the .proto files.

mod reference;

use std::{fs, path::Path};

use prost::Message as _;
use prost_types::FileDescriptorSet;

/// Where the reference of the wire contract is, from the directory of `duyet-proto`.
const REFERENCE: &str = "../docs/api.md";

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

/// Messages with answers, tokens or addresses. `duyet-proto` implements their `Debug` without these values.
const SECRET: [&str; 6] = [
    "AltchaChallenge",
    "ReaderContext",
    "IssueChallengeResponse",
    "SubmitCommentRequest",
    "VerifyChallengeRequest",
    "VerifyChallengeResponse",
];

fn main() -> anyhow::Result<()> {
    generate(&contract().join("src/generated"))?;
    fs::write(contract().join(REFERENCE), reference::markdown(&compile()?))?;
    Ok(())
}

/// Returns the directory of the package `duyet-proto`.
fn contract() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// Compiles the .proto files, with their comments.
fn compile() -> anyhow::Result<FileDescriptorSet> {
    Ok(protox::compile(PROTOS, [contract()])?)
}

/// Writes the code and the descriptor set to the directory `out`.
fn generate(out: &Path) -> anyhow::Result<()> {
    let descriptors = compile()?;
    fs::write(out.join("duyet.v1.bin"), descriptors.encode_to_vec())?;
    let mut config = tonic_prost_build::Config::new();
    // Conversion to JSON looks up a message in the descriptor set by its name.
    config.enable_type_names();
    tonic_prost_build::configure()
        .out_dir(out)
        // tonic-types already has this type, and clients of tonic use it.
        .extern_path(".google.rpc", "::tonic_types::pb")
        .client_mod_attribute(".", "#[cfg(feature = \"client\")]")
        .server_mod_attribute(".", "#[cfg(feature = \"server\")]")
        .skip_debug(SECRET.map(|message| format!(".duyet.v1.{message}")))
        .compile_fds_with_config(descriptors, config)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_reference_matches_the_proto_files() {
        let committed = fs::read_to_string(contract().join(REFERENCE)).unwrap();
        let same = committed == reference::markdown(&compile().unwrap());
        assert!(same, "docs/api.md is old: run cargo run -p duyet-proto-generate");
    }

    #[test]
    fn the_committed_code_matches_the_proto_files() {
        let fresh = tempfile::tempdir().unwrap();
        generate(fresh.path()).unwrap();
        for file in ["duyet.v1.rs", "duyet.v1.bin"] {
            let committed = fs::read(contract().join("src/generated").join(file)).unwrap();
            let same = fs::read(fresh.path().join(file)).unwrap() == committed;
            assert!(same, "{file} is old: run cargo run -p duyet-proto-generate");
        }
    }
}
