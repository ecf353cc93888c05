//! Measures a moderator's session: starts a separate server, submits comments as readers, and clears the queue with the
//! real `duyet triage` in a terminal of 80 by 24 (tmux) by scripted keys. Prints the speed.
//!
//! `cargo build --release --bins && cargo run --release --example rehearsal -- 500`

mod newsroom;
mod screen;
mod script;

use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};

use newsroom::Newsroom;
use screen::Screen;

/// Longest wait for a change of the screen.
const PATIENCE: Duration = Duration::from_secs(20);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let count = std::env::args()
        .nth(1)
        .map_or(Ok(500), |text| text.parse())
        .context("the argument is not a number of comments")?;
    let mut newsroom = Newsroom::open().await?;
    newsroom.fill(count).await?;
    let run = clear(&newsroom, count)?;
    let left = newsroom.waiting().await?;
    let decisions = newsroom.decisions().await?;
    newsroom.close().await;
    ensure!(left == 0, "{left} comments are still pending");
    run.print(decisions);
    Ok(())
}

/// Slightly longer than the time for which the review ignores keys after a comment appeared.
const PACE: Duration = Duration::from_millis(350);

/// The result of clearing a queue.
struct Run {
    comments: usize,
    took: Duration,
    /// Times from a key press to the next comment on the screen.
    next_case: Vec<Duration>,
}

/// Presses keys until the queue is empty.
fn clear(newsroom: &Newsroom, comments: usize) -> anyhow::Result<Run> {
    let screen = Screen::open(&newsroom.triage()?)?;
    let mut shown = screen.wait(PATIENCE, |text| script::comment_on(text).is_some())?;
    let start = Instant::now();
    let mut next_case = Vec::with_capacity(comments);
    for turn in 0.. {
        let Some(current) = script::comment_on(&shown) else { break };
        // After an undo the previous comment returns and is decided again.
        let other = |text: &str| match script::comment_on(text) {
            Some(shown) => shown != current,
            None => script::is_empty(text),
        };
        // The review ignores keys for comments that were not on the screen long enough.
        std::thread::sleep(PACE);
        let keys = script::keys(turn, &shown);
        let (last, first) = keys.split_last().context("the script has no key")?;
        for key in first {
            screen.press(key)?;
        }
        let waited = loop {
            let pressed = Instant::now();
            screen.press(last)?;
            shown = screen.wait(PATIENCE, |text| other(text) || script::is_warned(text))?;
            if other(&shown) {
                break pressed.elapsed();
            }
            // The comment changed a moment ago without a key press.
            std::thread::sleep(PACE);
        };
        next_case.push(waited);
    }
    let took = start.elapsed();
    screen.press("q")?;
    screen.wait_closed(PATIENCE)?;
    Ok(Run { comments, took, next_case })
}

impl Run {
    #[expect(clippy::print_stdout, reason = "prints the result")]
    #[expect(clippy::cast_precision_loss, reason = "a few thousand at most")]
    fn print(mut self, decisions: usize) {
        self.next_case.sort_unstable();
        let at = |share: usize| self.next_case[(self.next_case.len() - 1) * share / 100].as_micros() as f64 / 1_000.0;
        let per_minute = decisions as f64 / self.took.as_secs_f64() * 60.0;
        println!("{} comments cleared with {decisions} decisions in {:.1} s", self.comments, self.took.as_secs_f64());
        println!(
            "{per_minute:.0} decisions per minute, by a script that looks at each comment for {} ms",
            PACE.as_millis()
        );
        println!(
            "next comment on the screen after {:.1} ms (median), {:.1} ms (p95), {:.1} ms (slowest)",
            at(50),
            at(95),
            at(100)
        );
    }
}
