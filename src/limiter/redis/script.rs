//! The encoding of checks for the GCRA script, and the decoding of its answers.

use std::{sync::LazyLock, time::Duration};

use redis::{Cmd, ErrorKind, RedisError, RedisResult, Script};

use crate::limiter::tier_answer::ChargeOutcome;

const SOURCE: &str = include_str!("gcra.lua");

/// The hash by which Redis identifies the script after it has loaded it.
static HASH: LazyLock<String> = LazyLock::new(|| Script::new(SOURCE).get_hash().to_owned());

/// The way in which a call names the script: by its hash, or by its whole source when the server does not know the
/// hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Naming {
    Hash,
    Whole,
}

/// The parameters of a charge: its quota, weight and mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Demand {
    /// Microseconds after which one more event fits.
    pub(super) interval: i64,
    /// Microseconds that a whole burst less one event takes.
    pub(super) tolerance: i64,
    /// [`TAKE`] plus the number of events that must stay free, [`LOOK`] or [`REFUND`].
    pub(super) weight: i64,
    /// Whether a denial keeps the whole check from being counted.
    pub(super) enforced: bool,
}

/// The weights of an event, of a look and of a refund.
pub(super) const TAKE: i64 = 1;
pub(super) const LOOK: i64 = 0;
pub(super) const REFUND: i64 = -1;

/// The key of a count, and the parameters of a charge on it.
#[derive(Debug)]
pub(super) struct Ask {
    pub(super) key: String,
    pub(super) demand: Demand,
}

/// One check of a call.
pub(super) struct ScriptCheck<'a> {
    pub(super) asks: &'a [Ask],
    /// The server's time in microseconds after which the check must not be counted, or 0 if it may always be counted.
    pub(super) latest: i64,
}

/// The script's answer to the checks of a call.
#[derive(Debug, PartialEq)]
pub(super) struct ScriptAnswer {
    /// The server's time in microseconds.
    pub(super) now: i64,
    /// The outcomes of each check, or `None` when the check arrived too late and counted nothing.
    pub(super) checks: Vec<Option<Vec<ChargeOutcome>>>,
}

pub(super) fn command(naming: Naming, checks: &[ScriptCheck<'_>]) -> Cmd {
    let (name, script) = match naming {
        Naming::Hash => ("EVALSHA", HASH.as_str()),
        Naming::Whole => ("EVAL", SOURCE),
    };
    let mut demands: Vec<Demand> = Vec::new();
    let mut numbers: Vec<i64> = Vec::with_capacity(checks.len() * 8);
    for check in checks {
        numbers.extend([check.latest, index(check.asks.len())]);
        for Ask { demand, .. } in check.asks {
            let known = demands.iter().position(|known| known == demand);
            let place = known.unwrap_or_else(|| {
                demands.push(*demand);
                demands.len() - 1
            });
            numbers.push(index(place + 1));
        }
    }
    let mut command = redis::cmd(name);
    command.arg(script).arg(numbers.len() - 2 * checks.len());
    for ask in checks.iter().flat_map(|check| check.asks) {
        command.arg(&ask.key);
    }
    command.arg(demands.len());
    for Demand { interval, tolerance, weight, enforced } in demands {
        command.arg(interval).arg(tolerance).arg(weight).arg(i64::from(enforced));
    }
    command.arg(numbers);
    command
}

/// Decodes the script's answer to `checks`.
///
/// # Errors
/// An unexpected-type error when the answer does not match `checks`.
pub(super) fn read(answer: &[Option<i64>], checks: &[ScriptCheck<'_>]) -> RedisResult<ScriptAnswer> {
    let (Some(Some(now)), mut rest) = (answer.first().copied(), answer.get(1..).unwrap_or_default()) else {
        return Err(unexpected_answer());
    };
    let mut outcomes = Vec::with_capacity(checks.len());
    for check in checks {
        let (own, others) = rest.split_at_checked(check.asks.len()).ok_or_else(unexpected_answer)?;
        outcomes.push(own.iter().map(|one| one.map(outcome)).collect());
        rest = others;
    }
    if rest.is_empty() { Ok(ScriptAnswer { now, checks: outcomes }) } else { Err(unexpected_answer()) }
}

/// Decodes one number of the answer: the events that are left, or a wait in microseconds as a negative number.
fn outcome(number: i64) -> ChargeOutcome {
    if number < 0 {
        ChargeOutcome::Denied { retry_after: Duration::from_micros(number.unsigned_abs()) }
    } else {
        ChargeOutcome::Taken { remaining: u32::try_from(number).unwrap_or(u32::MAX) }
    }
}

pub(super) fn unexpected_answer() -> RedisError {
    (ErrorKind::UnexpectedReturnType, "redis returned an unexpected answer").into()
}

/// Converts a length or an index for the script.
fn index(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEMAND: Demand = Demand { interval: 10, tolerance: 40, weight: TAKE, enforced: true };

    fn ask(key: &str, weight: i64) -> Ask {
        Ask { key: key.to_owned(), demand: Demand { weight, ..DEMAND } }
    }

    #[test]
    fn checks_follow_each_other_and_equal_demands_are_sent_once() {
        let (one, other) = ([ask("a", TAKE), ask("b", LOOK)], [ask("a", TAKE)]);
        let checks = [ScriptCheck { asks: &one, latest: 7 }, ScriptCheck { asks: &other, latest: 0 }];
        let sent = command(Naming::Hash, &checks).get_packed_command();
        let words: Vec<_> = String::from_utf8(sent).unwrap().lines().skip(2).step_by(2).map(str::to_owned).collect();
        let numbers = "2 10 40 1 1 10 40 0 1 7 2 1 2 0 1 1";
        assert_eq!(
            words,
            [&["EVALSHA", &HASH, "3", "a", "b", "a"][..], &numbers.split(' ').collect::<Vec<_>>()].concat()
        );
    }

    #[test]
    fn each_check_gets_its_own_outcomes_and_a_late_one_none() {
        let (one, other) = ([ask("a", TAKE), ask("b", LOOK)], [ask("a", TAKE)]);
        let checks = [ScriptCheck { asks: &one, latest: 0 }, ScriptCheck { asks: &other, latest: 1 }];
        let denied = ChargeOutcome::Denied { retry_after: Duration::from_micros(5) };
        let expected = vec![Some(vec![ChargeOutcome::Taken { remaining: 3 }, denied]), None];
        let answer = [Some(99), Some(3), Some(-5), None];
        assert_eq!(read(&answer, &checks).unwrap(), ScriptAnswer { now: 99, checks: expected });
        for strange in [&answer[..3], &answer[..0], &[None, Some(3), Some(-5), None], &[answer, answer].concat()] {
            assert!(read(strange, &checks).is_err(), "{strange:?}");
        }
    }
}
