//! duyetd compared with its limits, with growing data and in long runs. It is started by `benches/run`, which
//! documents the arguments.

#![expect(clippy::print_stdout, reason = "a benchmark prints its results")]

mod bare_servers;
mod baselines;
mod growth;
mod http_caller;
mod isso;
mod limits;
mod lists;
mod load;
mod mixed;
mod peers;
mod plans;
mod processes;
mod readers;
mod remark42;
mod replicas;
mod report;
mod servers;
mod side_by_side;
mod steady;
mod submits;

use std::{path::PathBuf, time::Duration};

use clap::{Parser, Subcommand};

#[derive(Parser)]
struct Arguments {
    /// Number of rounds; the table shows their medians
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Seconds of each line in each round
    #[arg(long, default_value_t = 4)]
    seconds: u64,
    /// Groups: lone submit crowd embedded limits issue list queue mixed [default: all]
    groups: Vec<String>,
    #[command(subcommand)]
    command: Option<Command>,
    /// Passed by cargo
    #[arg(long, hide = true, global = true)]
    bench: bool,
}

#[derive(Subcommand)]
enum Command {
    /// How cost grows with the number of stored comments
    Growth {
        #[arg(long, value_delimiter = ',', value_parser = growth::parse_size, default_values = ["10k", "1M", "10M"])]
        sizes: Vec<u32>,
        #[arg(long, default_value_t = 4)]
        seconds: u64,
    },
    /// Submits at 80 % of the maximum rate
    Steady {
        #[arg(long, default_value_t = 30)]
        minutes: u64,
    },
    /// What several replicas must do as one
    Replicas {
        #[arg(long, value_delimiter = ',', default_values = ["1", "2", "4"])]
        numbers: Vec<usize>,
        /// Number of rounds of submits whose cost is compared
        #[arg(long, default_value_t = 5)]
        rounds: usize,
        #[arg(long, default_value_t = 4)]
        seconds: u64,
    },
    /// Comparison with the other comment servers whose programs are given
    Peers {
        /// Path of Remark42's program
        #[arg(long)]
        remark42: Option<PathBuf>,
        /// Path of Isso's program; gunicorn beside it serves with two workers, otherwise its own server does
        #[arg(long)]
        isso: Option<PathBuf>,
        #[arg(long, default_value_t = 5)]
        rounds: usize,
        #[arg(long, default_value_t = 4)]
        seconds: u64,
    },
    /// Size, memory at rest, start time
    Small,
    /// Serves tonic's maximum for comparison (used by the other commands)
    Bare { limits: Option<String> },
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        match arguments.command {
            Some(Command::Bare { limits }) => bare_servers::serve(limits.as_deref()).await,
            Some(Command::Growth { sizes, seconds }) => growth::measure(&sizes, Duration::from_secs(seconds)).await,
            Some(Command::Steady { minutes }) => steady::for_minutes(minutes).await,
            Some(Command::Replicas { numbers, rounds, seconds }) => {
                replicas::measure(&numbers, rounds, Duration::from_secs(seconds)).await
            }
            Some(Command::Peers { remark42, isso, rounds, seconds }) => {
                let programs = peers::Programs { remark42, isso };
                peers::measure(&programs, rounds, Duration::from_secs(seconds)).await
            }
            Some(Command::Small) => steady::at_rest().await,
            None => side_by_side(arguments.rounds, arguments.seconds, arguments.groups).await,
        }
    })
}

async fn side_by_side(rounds: usize, seconds: u64, mut groups: Vec<String>) -> anyhow::Result<()> {
    if groups.is_empty() {
        groups = side_by_side::GROUPS.map(str::to_owned).to_vec();
    }
    let (bench, mut report) = (side_by_side::Bench::start(Duration::from_secs(seconds))?, report::Report::default());
    for round in 1..=rounds {
        println!("round {round} of {rounds}");
        bench.round(&groups, &mut report).await?;
    }
    report.finish()
}
