//! Proofs of work for the ALTCHA widget (protocol version 2). They do not distinguish people from programs; they make
//! mass submissions expensive, and people do not notice them.

use std::collections::BTreeMap;

use altcha::{Challenge, CreateChallengeOptions, Payload, VerifySolutionOptions, create_challenge, verify_solution};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use chrono::{DateTime, Utc};
use rand::Rng;
use serde::Serialize;

use crate::domain::{
    Error, Result,
    challenge::{CaptchaFailure, Image, SKEW_SECONDS},
};

/// One attempt computes PBKDF2-SHA-256 with [`ROUNDS`] rounds. It takes 0.5 to 1.2 ms of CPU time, both in a browser's
/// `WebCrypto` and in native code.
const ALGORITHM: &str = "PBKDF2/SHA-256";
const ROUNDS: u32 = 5_000;

/// Key of the sealed token in the signed challenge's data.
const TOKEN: &str = "t";

/// Longest payload of the widget that is examined, in characters. Typical payloads have about 1,500.
pub const MAX_PROOF_CHARS: usize = 4_096;

/// The two secrets that sign a challenge and its solution.
#[derive(Clone, Copy)]
pub struct Secrets<'a> {
    pub challenge: &'a str,
    pub solution: &'a str,
}

#[derive(Serialize)]
struct WidgetChallenge {
    #[serde(flatten)]
    challenge: Challenge,
    #[serde(rename = "codeChallenge", skip_serializing_if = "Option::is_none")]
    code: Option<CodeChallenge>,
}

/// The widget's image step (code challenge).
#[derive(Serialize)]
struct CodeChallenge {
    image: String,
    length: usize,
}

/// Creates a challenge as JSON for the widget. The token is part of the signed data, so a solution is valid for that
/// token only. Takes 0.6 ms of CPU time.
///
/// The number of attempts is uniformly random from 1 to `most_tries`, so that starting the search at a later counter
/// saves nothing, and giving up a long search early costs more than it saves.
///
/// # Errors
/// [`Error::Internal`] when the library fails.
pub fn pose_proof(
    token: &str,
    most_tries: u32,
    expires_at: DateTime<Utc>,
    image: Option<&Image>,
    secrets: Secrets<'_>,
    rng: &mut impl Rng,
) -> Result<String> {
    let challenge = create_challenge(CreateChallengeOptions {
        algorithm: ALGORITHM.to_owned(),
        cost: ROUNDS,
        counter: Some(rng.random_range(1..=most_tries.max(1))),
        // The expiry of the token decides. The library reads the clock itself and must not be stricter.
        expires_at: Some(expires_at.timestamp() + SKEW_SECONDS),
        data: Some(BTreeMap::from([(TOKEN.to_owned(), token.into())])),
        hmac_signature_secret: Some(secrets.challenge.to_owned()),
        hmac_key_signature_secret: Some(secrets.solution.to_owned()),
        ..CreateChallengeOptions::default()
    });
    let code = image.map(|image| CodeChallenge {
        image: format!("data:image/png;base64,{}", STANDARD.encode(&image.png)),
        length: image.length,
    });
    let widget = WidgetChallenge { challenge: challenge.map_err(|error| Error::internal(error.to_string()))?, code };
    serde_json::to_string(&widget).map_err(Error::internal)
}

/// A solved challenge as the widget submits it. It is untrusted until [`Self::check`] succeeds.
pub struct Proof(Payload);

impl Proof {
    /// Parses the value of the widget's form field.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > MAX_PROOF_CHARS {
            return None;
        }
        serde_json::from_slice(&STANDARD.decode(text).ok()?).ok().map(Self)
    }

    pub fn token(&self) -> Option<&str> {
        self.0.challenge.parameters.data.as_ref()?.get(TOKEN)?.as_str()
    }

    /// Checks that this server issued the challenge and that it is solved. Always computes two HMACs.
    ///
    /// # Errors
    /// `Invalid` when this service did not issue the challenge or it was changed, `Expired`, or `Incorrect` when it is
    /// not solved.
    pub fn check(&self, secrets: Secrets<'_>) -> Result<(), CaptchaFailure> {
        let options = VerifySolutionOptions {
            hmac_key_signature_secret: Some(secrets.solution.to_owned()),
            ..VerifySolutionOptions::new(&self.0.challenge, &self.0.solution, secrets.challenge)
        };
        match verify_solution(options) {
            Ok(checked) if checked.verified => Ok(()),
            Ok(checked) if checked.expired => Err(CaptchaFailure::Expired),
            Ok(checked) if checked.invalid_signature == Some(false) => Err(CaptchaFailure::Incorrect),
            _ => Err(CaptchaFailure::Invalid),
        }
    }
}

#[cfg(test)]
mod tests {
    use altcha::{SolveChallengeOptions, solve_challenge};
    use rand::{SeedableRng as _, rngs::StdRng};
    use serde_json::{Value, json};

    use super::*;
    use crate::domain::captcha_answer::Alphabet;

    const SECRETS: Secrets<'_> = Secrets { challenge: "one", solution: "two" };

    /// The library reads the clock itself, so the tests need a time in the far future.
    fn far_ahead() -> DateTime<Utc> {
        "2100-01-01T00:00:00Z".parse().unwrap()
    }

    fn pose(expires_at: DateTime<Utc>, image: Option<&Image>) -> Value {
        let json = pose_proof("token", 50, expires_at, image, SECRETS, &mut StdRng::seed_from_u64(1));
        serde_json::from_str(&json.unwrap()).unwrap()
    }

    fn solve(posed: &Value) -> Value {
        let challenge: Challenge = serde_json::from_value(posed.clone()).unwrap();
        let solution = solve_challenge(SolveChallengeOptions::new(&challenge)).unwrap().unwrap();
        json!({ "challenge": challenge, "solution": solution })
    }

    fn proof(payload: &Value) -> Option<Proof> {
        Proof::parse(&STANDARD.encode(payload.to_string()))
    }

    #[test]
    fn a_solved_challenge_proves_the_work_for_its_token() {
        let solved = proof(&solve(&pose(far_ahead(), None))).unwrap();
        assert_eq!(solved.token(), Some("token"));
        assert_eq!(solved.check(SECRETS), Ok(()));
        let strangers = Secrets { challenge: "other", ..SECRETS };
        assert_eq!(solved.check(strangers), Err(CaptchaFailure::Invalid));
    }

    #[test]
    fn a_challenge_with_any_changed_parameter_is_invalid() {
        let solved = solve(&pose(far_ahead(), None));
        let parameters = solved["challenge"]["parameters"].as_object().unwrap().clone();
        for name in parameters.keys() {
            let mut changed = solved.clone();
            changed["challenge"]["parameters"][name] = match &parameters[name] {
                Value::Number(number) => json!(number.as_u64().unwrap() + 1),
                Value::String(text) => json!(format!("{text}0")),
                _ => json!({ TOKEN: "other" }),
            };
            assert_eq!(proof(&changed).unwrap().check(SECRETS), Err(CaptchaFailure::Invalid), "{name}");
            changed["challenge"]["parameters"].as_object_mut().unwrap().remove(name);
            let checked = proof(&changed).map(|proof| proof.check(SECRETS));
            assert!(matches!(checked, None | Some(Err(CaptchaFailure::Invalid))), "without {name}");
        }
        for signature in [Value::Null, json!(""), json!("00")] {
            let mut changed = solved.clone();
            changed["challenge"]["signature"] = signature;
            assert_eq!(proof(&changed).unwrap().check(SECRETS), Err(CaptchaFailure::Invalid));
        }
    }

    #[test]
    fn a_wrong_solution_is_incorrect_and_a_late_one_is_expired() {
        let mut guessed = solve(&pose(far_ahead(), None));
        for key in ["", "00", "no hex", &"ab".repeat(32)] {
            guessed["solution"]["derivedKey"] = json!(key);
            assert_eq!(proof(&guessed).unwrap().check(SECRETS), Err(CaptchaFailure::Incorrect), "{key}");
        }
        let late = solve(&pose("2020-01-01T00:00:00Z".parse().unwrap(), None));
        assert_eq!(proof(&late).unwrap().check(SECRETS), Err(CaptchaFailure::Expired));
    }

    #[test]
    fn an_image_is_included_for_the_widgets_code_step() {
        let image = Image { png: b"png".to_vec(), width: 240, height: 90, length: 6, alphabet: Alphabet::Mixed };
        let posed = pose(far_ahead(), Some(&image));
        assert_eq!(posed["codeChallenge"], json!({ "image": "data:image/png;base64,cG5n", "length": 6 }));
        assert!(pose(far_ahead(), None).get("codeChallenge").is_none());
    }

    #[test]
    fn other_texts_are_not_proofs() {
        let long = STANDARD.encode("x".repeat(MAX_PROOF_CHARS));
        let odd = STANDARD.encode(r#"{"challenge":{"parameters":{}},"solution":{}}"#);
        for text in ["", "km7rt", "e30=", &long, &odd, "AQHx-_"] {
            assert!(Proof::parse(text).is_none(), "{text}");
        }
    }
}
