//! Compiles `proto/` with protox (no system protoc) and keeps the descriptor set for reflection.

use std::{env, error::Error, fs, path::PathBuf};

use prost::Message as _;

const PROTOS: [&str; 10] = [
    "duyet/v1/ban_service.proto",
    "duyet/v1/captcha_service.proto",
    "duyet/v1/comment.proto",
    "duyet/v1/comment_service.proto",
    "duyet/v1/error_reason.proto",
    "duyet/v1/moderation_service.proto",
    "duyet/v1/policy_service.proto",
    "duyet/v1/privacy_service.proto",
    "duyet/v1/rule_service.proto",
    "google/rpc/status.proto",
];

/// Messages that hold answers, tokens or addresses: `src/proto.rs` says what they print.
const SECRET: [&str; 6] = [
    "AltchaChallenge",
    "Client",
    "IssueChallengeResponse",
    "SubmitCommentRequest",
    "VerifyChallengeRequest",
    "VerifyChallengeResponse",
];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=proto");
    println!("cargo:rerun-if-changed=migrations");
    let descriptors = protox::compile(PROTOS, ["proto"])?;
    let path = PathBuf::from(env::var("OUT_DIR")?).join("duyet.v1.bin");
    fs::write(path, descriptors.encode_to_vec())?;
    tonic_prost_build::configure()
        // Its type exists already, and clients of tonic know it.
        .extern_path(".google.rpc", "::tonic_types::pb")
        .skip_debug(SECRET.map(|message| format!(".duyet.v1.{message}")))
        .compile_fds(descriptors)?;
    Ok(())
}
