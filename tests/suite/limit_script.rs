//! Tests of the GCRA script in a real Redis with a clock controlled by the test. The script must give the same results
//! as governor and as an independent model, also at the exact limits of a quota.

#![cfg(test)] // so that helpers may unwrap, as tests may

use std::{cell::RefCell, collections::HashMap, num::NonZeroU32, time::Duration};

use governor::{RateLimiter, clock::FakeRelativeClock, middleware::StateInformationMiddleware};
use proptest::prelude::*;

use crate::support::redis::RedisServer;

const START: i64 = 1_800_000_000_000_000;
const TAKE: i64 = 1;
const LOOK: i64 = 0;
const REFUND: i64 = -1;

/// The charge of one key.
#[derive(Debug, Clone, Copy)]
struct Ask {
    key: &'static str,
    interval: i64,
    burst: i64,
    weight: i64,
    enforced: bool,
}

/// Whether the event is allowed (1 or 0), the wait in microseconds, and the number of events left.
type Outcome = (i64, i64, i64);

/// The script with a clock controlled by the test, so that no test waits. Its keys do not expire during a test.
struct Script {
    code: redis::Script,
    connection: redis::Connection,
    _server: RedisServer,
}

impl Script {
    fn start() -> Self {
        let script = include_str!("../../src/limiter/redis/gcra.lua");
        let changed = script
            .replace("redis.call('TIME')", "{ ARGV[#ARGV - 1], ARGV[#ARGV] }")
            .replace("'PX', math.ceil", "'PX', 3600000 + math.ceil");
        assert_eq!(changed.matches("ARGV[#ARGV]").count() + changed.matches("3600000").count(), 2);
        let server = RedisServer::start();
        Self { code: redis::Script::new(&changed), connection: server.connection(), _server: server }
    }

    fn forget(&mut self) {
        redis::cmd("FLUSHALL").exec(&mut self.connection).unwrap();
    }

    fn keys(&mut self) -> Vec<String> {
        redis::cmd("KEYS").arg("*").query(&mut self.connection).unwrap()
    }

    /// Sends several checks in one call, each with the time after which it is too late. Returns `None` for a late one.
    fn call_together(&mut self, now: i64, checks: &[(i64, Vec<Ask>)]) -> Vec<Option<Vec<Outcome>>> {
        let mut call = self.code.prepare_invoke();
        let asks = || checks.iter().flat_map(|(_, asks)| asks);
        for ask in asks() {
            call.key(ask.key);
        }
        call.arg(asks().count());
        for ask in asks() {
            call.arg(ask.interval).arg(ask.interval * (ask.burst - 1)).arg(ask.weight).arg(i64::from(ask.enforced));
        }
        let mut demands = 1..;
        for (latest, asks) in checks {
            call.arg(*latest).arg(asks.len()).arg(demands.by_ref().take(asks.len()).collect::<Vec<i64>>());
        }
        call.arg(now / 1_000_000).arg(now % 1_000_000);
        let answer: Vec<Option<i64>> = call.invoke(&mut self.connection).unwrap();
        let (time, mut outcomes) = answer.split_first().unwrap();
        assert_eq!(*time, Some(now));
        let mut own = |asks: &Vec<Ask>| {
            let (own, others) = outcomes.split_at(asks.len());
            outcomes = others;
            own.iter().map(|one| one.map(|one| if one < 0 { (0, -one, 0) } else { (1, 0, one) })).collect()
        };
        checks.iter().map(|(_, asks)| own(asks)).collect()
    }

    /// Returns `None` if the script reports that the call is too late.
    fn call_until(&mut self, now: i64, latest: i64, asks: &[Ask]) -> Option<Vec<Outcome>> {
        self.call_together(now, &[(latest, asks.to_vec())]).remove(0)
    }

    fn call(&mut self, now: i64, asks: &[Ask]) -> Vec<Outcome> {
        self.call_until(now, 0, asks).unwrap()
    }

    fn one(&mut self, now: i64, ask: Ask, weight: i64) -> Outcome {
        self.call(now, &[Ask { weight, ..ask }])[0]
    }
}

fn ask(key: &'static str, interval: i64, burst: i64) -> Ask {
    Ask { key, interval, burst, weight: TAKE, enforced: true }
}

/// The same events at the same times must get the same results from the script and from governor. Checks without a
/// charge, and refunded charges, must have no effect.
#[test]
fn the_script_decides_as_the_local_tier_does() {
    let script = RefCell::new(Script::start());
    let tries = proptest::collection::vec((0_i64..30_000_000, 0_u8..10), 1..60);
    proptest!(ProptestConfig::with_cases(200), |(burst in 1_u32..10, interval in 10_i64..20_000_000, tries in tries)| {
        let mut script = script.borrow_mut();
        script.forget();
        let quota = governor::Quota::with_period(Duration::from_micros(interval.unsigned_abs())).unwrap();
        let quota = quota.allow_burst(NonZeroU32::new(burst).unwrap());
        let clock = FakeRelativeClock::default();
        let governor = RateLimiter::direct_with_clock(quota, clock.clone());
        let governor = governor.with_middleware::<StateInformationMiddleware>();
        let (one, mut now) = (ask("k", interval, i64::from(burst)), START);
        for (pause, choice) in tries {
            clock.advance(Duration::from_micros(pause.unsigned_abs()));
            now += pause;
            let seen = script.one(now, one, LOOK);
            if choice == 0 {
                let taken = script.one(now, one, TAKE);
                prop_assert_eq!((taken.0, taken.1), (seen.0, seen.1), "a check without a charge returns the same");
                if taken.0 == 1 {
                    prop_assert_eq!(script.one(now, one, REFUND), (1, 0, seen.2));
                }
                continue;
            }
            let outcome = script.one(now, one, TAKE);
            match governor.check() {
                Ok(state) => {
                    prop_assert_eq!(outcome, (1, 0, i64::from(state.remaining_burst_capacity())));
                    prop_assert_eq!(seen, (1, 0, outcome.2 + 1));
                }
                Err(not_until) => {
                    let wait = not_until.wait_time_from(governor::clock::Clock::now(&clock));
                    prop_assert_eq!((outcome.0, Duration::from_micros(outcome.1.unsigned_abs())), (0, wait));
                    prop_assert_eq!(seen, outcome);
                }
            }
        }
    });
}

/// A charge with a weight above one is allowed only if that much capacity is free, but it counts as one event.
#[test]
fn a_reserve_is_available_only_to_charges_that_may_use_it() {
    let mut script = Script::start();
    let article = ask("article", 10_000_000, 6);
    for left in [5, 4, 3] {
        assert_eq!(script.one(START, article, 4), (1, 0, left));
    }
    assert_eq!(script.one(START, article, 4), (0, 10_000_000, 0), "the remaining three events are reserved");
    for left in [2, 1, 0] {
        assert_eq!(script.one(START, article, TAKE), (1, 0, left));
    }
    assert_eq!(script.one(START, article, TAKE).0, 0);
    // A refunded event belongs to the reserve first.
    script.one(START, article, REFUND);
    assert_eq!(script.one(START, article, 4), (0, 30_000_000, 0));
    assert_eq!(script.one(START + 30_000_000, article, 4), (1, 0, 3));
}

/// Tests events at random times, one microsecond before the wait is over, exactly at its end, and repeatedly.
#[test]
fn no_window_admits_more_than_the_burst_and_the_rate() {
    let script = RefCell::new(Script::start());
    let tries = proptest::collection::vec((0_i64..100, 0_i64..4), 1..60);
    proptest!(ProptestConfig::with_cases(200), |(burst in 1_i64..8, interval in 2_i64..5_000_000, tries in tries)| {
        let mut script = script.borrow_mut();
        script.forget();
        let (one, mut now, mut admitted) = (ask("k", interval, burst), START, Vec::new());
        for (share, impatience) in tries {
            now += interval * share / 40;
            let outcome = script.one(now, one, TAKE);
            if outcome.0 == 1 {
                admitted.push(now);
                continue;
            }
            for _ in 0..impatience {
                prop_assert_eq!(script.one(now, one, TAKE), outcome, "a denied event does not lengthen the wait");
            }
            now += outcome.1 - 1;
            prop_assert_eq!(script.one(now, one, TAKE), (0, 1, 0), "an event one microsecond too early is denied");
            now += 1;
            prop_assert_eq!(script.one(now, one, TAKE).0, 1, "the returned wait is long enough");
            admitted.push(now);
        }
        // Every window that begins and ends with an admitted event, including both ends.
        for (at, first) in admitted.iter().enumerate() {
            for (count, last) in (1..).zip(&admitted[at..]) {
                prop_assert!(count <= burst + (last - first) / interval, "{count} from {first} to {last}");
            }
        }
    });
}

/// Tests events at the limits of one window.
#[test]
fn a_wait_ends_exactly_to_the_microsecond() {
    let (mut script, minute) = (Script::start(), ask("k", 60_000_000, 3));
    for left in [2, 1, 0] {
        assert_eq!(script.one(START, minute, TAKE), (1, 0, left));
    }
    assert_eq!(script.one(START, minute, TAKE), (0, 60_000_000, 0));
    assert_eq!(script.one(START + 59_999_999, minute, TAKE), (0, 1, 0));
    assert_eq!(script.one(START + 60_000_000, minute, TAKE), (1, 0, 0));
    assert_eq!(script.one(START + 60_000_001, minute, TAKE), (0, 59_999_999, 0));
    assert_eq!(script.one(START + 239_999_999, minute, LOOK), (1, 0, 2));
    assert_eq!(script.one(START + 240_000_000, minute, LOOK), (1, 0, 3));
}

/// An independent implementation of GCRA for several keys, which stores the time at which each burst is available
/// again.
#[derive(Default)]
struct Model(HashMap<&'static str, i64>);

impl Model {
    fn call(&mut self, now: i64, asks: &[Ask]) -> Vec<Outcome> {
        let (mut outcome, mut next, mut denied) = (Vec::new(), self.0.clone(), false);
        for ask in asks {
            let whole = ask.interval * ask.burst;
            let used = (self.0.get(ask.key).copied().unwrap_or(now) - now).clamp(0, whole);
            let used = match ask.weight {
                REFUND => (used - ask.interval).max(0),
                _ if used > whole - ask.interval => {
                    denied |= ask.enforced;
                    outcome.push((0, used + ask.interval - whole, 0));
                    continue;
                }
                weight => used + weight * ask.interval,
            };
            outcome.push((1, 0, (whole - used) / ask.interval));
            if ask.weight != LOOK {
                next.insert(ask.key, now + used);
            }
        }
        if !denied {
            self.0 = next;
        }
        outcome
    }
}

/// A check of one to four keys: any mixture of weights and modes, and of quotas on one key as after a reload.
fn any_check() -> impl Strategy<Value = Vec<Ask>> {
    let one_ask =
        (1_i64..4_000_000, 1_i64..6, prop_oneof![6 => Just(TAKE), 2 => Just(LOOK), 1 => Just(REFUND)], any::<bool>());
    let asks = proptest::collection::vec(proptest::option::of(one_ask), 4);
    let check = asks.prop_map(|asks| {
        let each = ["a", "b", "c", "d"].into_iter().zip(asks);
        let ask = |(key, ask)| {
            let (interval, burst, weight, enforced) = ask?;
            Some(Ask { key, interval, burst, weight, enforced })
        };
        each.filter_map(ask).collect()
    });
    check.prop_filter("a check has at least one charge", |asks: &Vec<Ask>| !asks.is_empty())
}

#[test]
fn several_keys_are_counted_together_or_not_at_all() {
    let script = RefCell::new(Script::start());
    let call = (0_i64..3_000_000, any_check());
    proptest!(ProptestConfig::with_cases(200), |(calls in proptest::collection::vec(call, 1..30))| {
        let mut script = script.borrow_mut();
        script.forget();
        let (mut model, mut now) = (Model::default(), START);
        for (pause, asks) in calls {
            now += pause;
            prop_assert_eq!(script.call(now, &asks), model.call(now, &asks), "{:?}", asks);
        }
        prop_assert!(script.keys().len() <= 4);
    });
}

/// The checks of one call are independent: each is decided after the ones before it, as if it were a call of its own,
/// and a denied or late check counts nothing.
#[test]
fn checks_that_share_a_call_are_decided_one_after_another() {
    let script = RefCell::new(Script::start());
    let call = (0_i64..3_000_000, proptest::collection::vec((proptest::bool::weighted(0.2), any_check()), 1..6));
    proptest!(ProptestConfig::with_cases(200), |(calls in proptest::collection::vec(call, 1..10))| {
        let mut script = script.borrow_mut();
        script.forget();
        let (mut model, mut now) = (Model::default(), START);
        for (pause, checks) in calls {
            now += pause;
            let checks: Vec<_> = checks.into_iter().map(|(late, asks)| (now - i64::from(late), asks)).collect();
            let expected: Vec<_> =
                checks.iter().map(|(latest, asks)| (*latest >= now).then(|| model.call(now, asks))).collect();
            prop_assert_eq!(script.call_together(now, &checks), expected, "{:?}", checks);
        }
        prop_assert!(script.keys().len() <= 4);
    });
}

#[test]
fn a_late_call_counts_nothing_and_returns_the_servers_time() {
    let (mut script, one) = (Script::start(), ask("k", 1_000_000, 5));
    assert_eq!(script.call_until(START + 1, START, &[one, ask("l", 1, 1)]), None);
    assert!(script.keys().is_empty());
    assert_eq!(script.call_until(START, START, &[one]), Some(vec![(1, 0, 4)]));
    assert_eq!(script.call_until(START + 1, START, &[one]), None);
    assert_eq!(script.one(START, one, LOOK), (1, 0, 4));
}

#[test]
fn a_refund_creates_no_key_and_a_clock_set_back_denies_no_caller() {
    let (mut script, one) = (Script::start(), ask("k", 1_000_000, 5));
    let second = |second: i64| second * 1_000_000;
    assert_eq!(script.one(second(9_000), one, REFUND), (1, 0, 5));
    for remaining in [4, 3, 2, 1, 0] {
        assert_eq!(script.one(second(9_000), one, TAKE), (1, 0, remaining));
    }
    assert_eq!(
        script.one(second(5_000), one, TAKE),
        (0, 1_000_000, 0),
        "the clock was set back by an hour, and the wait is still one interval"
    );
    assert_eq!(script.one(second(9_000), one, REFUND), (1, 0, 1));
    assert_eq!(script.one(second(9_100), one, REFUND), (1, 0, 5));
    assert_eq!(script.one(second(9_100), one, TAKE), (1, 0, 4));
    assert_eq!(script.one(second(9_100), one, REFUND), (1, 0, 5));
    assert!(script.keys().is_empty());
}
