//! Finds environment variables that look like settings but are not. Usually the name is mistyped, so that the intended
//! setting has no effect.

use crate::domain::nearest::nearest;

const PREFIX: &str = "DUYET_";

/// Secrets, which have no flag.
const SECRETS: [&str; 1] = ["DUYET_KEYS"];

/// Variables of the project's other programs.
const OTHER_PROGRAMS: [&str; 6] =
    ["DUYET_ADDR", "DUYET_TOKEN", "DUYET_TOKEN_FILE", "DUYET_LANG", "DUYET_CERT_FILE", "DUYET_CERT_KEY_FILE"];

/// Prefixes of variables for the project's tests and benchmarks.
const TESTS: [&str; 3] = ["DUYET_TEST_", "DUYET_BENCH_", "DUYET_FAULTS"];

/// A variable that no program of the project reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownVariable {
    pub name: String,
    /// The most similar known variable.
    pub nearest: Option<String>,
}

impl std::fmt::Display for UnknownVariable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} is not a setting", self.name)?;
        self.nearest.iter().try_for_each(|nearest| write!(f, ": did you mean {nearest}?"))
    }
}

/// Finds the variables that begin with `DUYET_` but are not known. `settings` are the variables that correspond to
/// flags.
pub fn unknown_variables(
    environment: impl IntoIterator<Item = (String, String)>,
    settings: &[String],
) -> Vec<UnknownVariable> {
    let known = || settings.iter().map(String::as_str).chain(SECRETS);
    let means_nothing = |(name, value): &(String, String)| {
        name.starts_with(PREFIX)
            && !known().chain(OTHER_PROGRAMS).any(|known| known == name)
            && !TESTS.iter().any(|prefix| name.starts_with(prefix))
            && !is_of_a_service(name, value)
    };
    let unknown = environment.into_iter().filter(means_nothing);
    let mut unknown: Vec<_> = unknown
        .map(|(name, _)| {
            // The prefix is common to all variables, so it would distort the similarity.
            let meant = known().chain(OTHER_PROGRAMS).filter_map(|known| known.strip_prefix(PREFIX));
            let nearest = nearest(&name[PREFIX.len()..], meant, 1).first().map(|nearest| format!("{PREFIX}{nearest}"));
            UnknownVariable { name, nearest }
        })
        .collect();
    unknown.sort_by(|one, other| one.name.cmp(&other.name));
    unknown
}

/// Recognises variables by which Kubernetes announces Services. For a Service named `duyet` they are, for example,
/// `DUYET_SERVICE_HOST`, `DUYET_SERVICE_PORT_GRPC`, `DUYET_PORT=tcp://10.0.0.1:50051` and `DUYET_PORT_50051_TCP_ADDR`.
/// For a Service named `duyet-metrics`, their names begin with `DUYET_METRICS_`.
fn is_of_a_service(name: &str, value: &str) -> bool {
    let ends_in_service = name.ends_with("_SERVICE_HOST") || name.ends_with("_SERVICE_PORT");
    if ends_in_service || name.contains("_SERVICE_PORT_") || name == "DUYET_PORT" {
        return true;
    }
    // Kubernetes sets, for example, `DUYET_GRPC_PORT` for a Service named `duyet-grpc`. Without a URL as its value,
    // such a variable is a mistyped setting.
    if name.ends_with("_PORT") && value.contains("://") {
        return true;
    }
    name.match_indices("_PORT_").any(|(at, port)| {
        let mut rest = name[at + port.len()..].splitn(3, '_');
        let is_number = rest.next().is_some_and(|number| number.parse::<u16>().is_ok());
        let is_protocol = rest.next().is_some_and(|protocol| matches!(protocol, "TCP" | "UDP" | "SCTP"));
        is_number && is_protocol && rest.next().is_none_or(|what| matches!(what, "PROTO" | "PORT" | "ADDR"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unknown(variables: &[(&str, &str)]) -> Vec<String> {
        let environment = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let settings = ["DUYET_GRPC_ADDR", "DUYET_LOG", "DUYET_DATA_DIR"].map(str::to_owned);
        unknown_variables(environment, &settings).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_mistyped_variable_is_reported_with_the_nearest_known_one() {
        assert_eq!(
            unknown(&[("DUYET_GRPC_ADRR", "x"), ("DUYET_KEY", "x"), ("DUYET_XYZZY", "x"), ("PATH", "x")]),
            [
                "DUYET_GRPC_ADRR is not a setting: did you mean DUYET_GRPC_ADDR?",
                "DUYET_KEY is not a setting: did you mean DUYET_KEYS?",
                "DUYET_XYZZY is not a setting",
            ]
        );
        assert_eq!(unknown(&[("DUYET_GRPC_PORT", "50051")]).len(), 1, "a mistyped setting");
    }

    #[test]
    fn settings_other_programs_and_kubernetes_are_known() {
        let known = [
            ("DUYET_LOG", "info"),
            ("DUYET_KEYS", "1:x"),
            ("DUYET_ADDR", "http://duyet:50051"),
            ("DUYET_TOKEN_FILE", "/t"),
            ("DUYET_LANG", "vi"),
            ("DUYET_TEST_SEED", "1"),
            ("DUYET_FAULTS_DIR", "/f"),
            ("DUYET_PORT", "tcp://10.0.0.1:50051"),
            ("DUYET_SERVICE_HOST", "10.0.0.1"),
            ("DUYET_SERVICE_PORT", "50051"),
            ("DUYET_SERVICE_PORT_GRPC", "50051"),
            ("DUYET_PORT_50051_TCP", "tcp://10.0.0.1:50051"),
            ("DUYET_PORT_50051_TCP_PROTO", "tcp"),
            ("DUYET_PORT_50051_TCP_PORT", "50051"),
            ("DUYET_PORT_50051_TCP_ADDR", "10.0.0.1"),
            ("DUYET_METRICS_SERVICE_HOST", "10.0.0.2"),
            ("DUYET_METRICS_PORT", "tcp://10.0.0.2:9464"),
            ("DUYET_METRICS_PORT_9464_TCP_ADDR", "10.0.0.2"),
        ];
        assert_eq!(unknown(&known), [""; 0]);
    }
}
