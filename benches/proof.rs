//! Cost of a proof of work for server and reader: creating, solving and verifying one. Prints medians of alternating
//! rounds on one thread.
//!
//! `cargo bench --bench proof`

#![expect(clippy::print_stdout, clippy::expect_used, reason = "a benchmark prints its results, and ends on errors")]

use std::time::{Duration, Instant};

use altcha::{Challenge, Payload, SolveChallengeOptions, solve_challenge};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use duyetd::{
    captcha::{Proof, Secrets, pose_proof},
    domain::{challenge::ProofTries, challenge_level::Level},
};
use rand::{SeedableRng as _, rngs::StdRng};

const ROUNDS: usize = 9;
const SECRETS: Secrets<'_> = Secrets { challenge: "one secret", solution: "another secret" };

fn main() {
    let mut rng = StdRng::seed_from_u64(1);
    let expires_at = "2100-01-01T00:00:00Z".parse().expect("a time");
    let token = "t".repeat(504);
    let mut pose = || pose_proof(&token, 400, expires_at, None, SECRETS, &mut rng).expect("a challenge");
    let (mut making, mut trying, mut checking) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let start = Instant::now();
        let posed = pose();
        making.push(start.elapsed());
        let challenge: Challenge = serde_json::from_str(&posed).expect("JSON");
        let start = Instant::now();
        let solution = solve_challenge(SolveChallengeOptions::new(&challenge)).expect("a solution").expect("in time");
        trying.push(start.elapsed() / (solution.counter + 1));
        let payload = Payload { challenge, solution };
        let field = STANDARD.encode(serde_json::to_string(&payload).expect("JSON"));
        let start = Instant::now();
        let proof = Proof::parse(&field).expect("a proof");
        assert_eq!(proof.check(SECRETS), Ok(()));
        checking.push(start.elapsed());
    }
    let [making, trying, checking] = [making, trying, checking].map(median);
    println!("creating one  {making:>10.1?}");
    println!("one try       {trying:>10.1?}");
    println!("verifying one {checking:>10.1?}");
    let tries = ProofTries::default();
    for level in Level::ALL {
        let mean = tries.get(*level) / 2;
        let work = trying * mean;
        let ratio = work.as_secs_f64() / (making + checking).as_secs_f64();
        println!(
            "{level:<7} {mean:>5} tries on average: {work:>6.1?} of a core for the reader, {ratio:.0} times the server's cost"
        );
    }
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}
