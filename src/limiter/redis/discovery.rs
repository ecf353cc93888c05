//! Discovery of the current masters. All sentinels or cluster nodes are asked concurrently, so that frozen ones delay
//! the result by one timeout only. The most common answer is used, so that an isolated one with outdated information
//! does not matter.

use std::ops::RangeInclusive;

use futures_util::future::join_all;
use redis::{ConnectionAddr, ConnectionInfo, RedisResult, Value, from_redis_value};

use super::{
    answer_timeout::answered,
    connection::open,
    topology::{at, logged_in},
};
use crate::limiter::error::Unreachable;

/// A node's host and port.
pub(super) type Node = (String, u16);

/// A range of a cluster's slots and the master that serves it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Range {
    pub(super) slots: RangeInclusive<u16>,
    pub(super) master: Node,
}

pub(super) async fn ask_sentinels(
    sentinels: &[ConnectionInfo],
    service: &str,
    master: &ConnectionInfo,
) -> Result<Node, Unreachable> {
    let answers = join_all(sentinels.iter().map(|sentinel| ask_sentinel(sentinel, service, master))).await;
    let nodes = successes(answers)?.into_iter().flatten().collect();
    most_common(nodes).ok_or_else(|| Unreachable::UnknownService(service.to_owned()))
}

async fn ask_sentinel(sentinel: &ConnectionInfo, service: &str, master: &ConnectionInfo) -> RedisResult<Option<Node>> {
    let ask = async |sentinel| {
        let mut question = redis::cmd("SENTINEL");
        question.arg("get-master-addr-by-name").arg(service);
        answered(question.query_async(&mut open(&sentinel).await?)).await
    };
    match ask(sentinel.clone()).await {
        Err(error) if error.code() == Some("NOAUTH") => ask(logged_in(sentinel, master)).await,
        answer => answer,
    }
}

/// Returns the master of every range of slots, and every node that an answer names.
pub(super) async fn ask_cluster(
    seeds: &[ConnectionInfo],
    known: &[Node],
) -> Result<(Vec<Range>, Vec<Node>), Unreachable> {
    let mut asked = seeds.to_vec();
    for (host, port) in known {
        let node = at(&seeds[0], host, *port);
        if asked.iter().all(|other| other.addr() != node.addr()) {
            asked.push(node);
        }
    }
    let answers = successes(join_all(asked.iter().map(ask_node)).await)?;
    let mut nodes: Vec<Node> = answers.iter().flat_map(|(_, nodes)| nodes.clone()).collect();
    nodes.sort();
    nodes.dedup();
    let ranges = most_common(answers.into_iter().map(|(ranges, _)| ranges).collect());
    Ok((ranges.unwrap_or_default(), nodes))
}

async fn ask_node(node: &ConnectionInfo) -> RedisResult<(Vec<Range>, Vec<Node>)> {
    let mut connection = open(node).await?;
    let question = redis::cmd("CLUSTER").arg("SLOTS").to_owned();
    let answer: Vec<Vec<Value>> = answered(question.query_async(&mut connection)).await?;
    let asked = match node.addr() {
        ConnectionAddr::Tcp(host, _) | ConnectionAddr::TcpTls { host, .. } => host.as_str(),
        _ => "",
    };
    read_slots(answer, asked)
}

/// Decodes the answer to `CLUSTER SLOTS`. A range has its first slot, its last slot, its master and its replicas. A
/// node has its host, its port and fields that are not needed here. `asked` is the host that gave the answer.
fn read_slots(answer: Vec<Vec<Value>>, asked: &str) -> RedisResult<(Vec<Range>, Vec<Node>)> {
    let (mut ranges, mut nodes) = (Vec::new(), Vec::new());
    for range in answer {
        let [first, last, servers @ ..] = range.as_slice() else { continue };
        let slots = from_redis_value(first.clone())?..=from_redis_value(last.clone())?;
        let servers: Vec<Node> = servers.iter().map(|server| read_node(server, asked)).collect::<RedisResult<_>>()?;
        if let Some(master) = servers.first().cloned() {
            ranges.push(Range { slots, master });
        }
        nodes.extend(servers);
    }
    ranges.sort_by_key(|range| *range.slots.start());
    Ok((ranges, nodes))
}

fn read_node(server: &Value, asked: &str) -> RedisResult<Node> {
    let fields: Vec<Value> = from_redis_value(server.clone())?;
    let mut fields = fields.into_iter();
    let host: Option<String> = from_redis_value(fields.next().unwrap_or(Value::Nil))?;
    // A node that does not know its own address leaves it out. It is the node that was asked.
    let host = host.filter(|host| !host.is_empty() && host != "?").unwrap_or_else(|| asked.to_owned());
    Ok((host, from_redis_value(fields.next().unwrap_or(Value::Nil))?))
}

/// Returns the successful answers, or the last error if there are none.
fn successes<T>(answers: Vec<RedisResult<T>>) -> Result<Vec<T>, Unreachable> {
    let (mut successes, mut reason) = (Vec::new(), Unreachable::NoServerAsked);
    for answer in answers {
        match answer {
            Ok(answer) => successes.push(answer),
            Err(error) => reason = error.into(),
        }
    }
    if successes.is_empty() { Err(reason) } else { Ok(successes) }
}

fn most_common<T: PartialEq>(answers: Vec<T>) -> Option<T> {
    let votes = |answer: &T| answers.iter().filter(|other| *other == answer).count();
    let winner = (0..answers.len()).max_by_key(|at| votes(&answers[*at]))?;
    answers.into_iter().nth(winner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Value {
        Value::BulkString(text.as_bytes().to_vec())
    }

    fn server(host: Value, port: i64) -> Value {
        Value::Array(vec![host, Value::Int(port), text("id"), Value::Array(Vec::new())])
    }

    #[test]
    fn slots_are_read_with_masters_and_replicas() {
        let answer = vec![
            vec![Value::Int(8_000), Value::Int(16_383), server(text(""), 2)],
            vec![Value::Int(0), Value::Int(7_999), server(text("a"), 1), server(Value::Nil, 3)],
        ];
        let (ranges, nodes) = read_slots(answer, "asked").unwrap();
        let node = |host: &str, port| (host.to_owned(), port);
        let range = |slots, master| Range { slots, master };
        assert_eq!(ranges, [range(0..=7_999, node("a", 1)), range(8_000..=16_383, node("asked", 2))]);
        assert_eq!(nodes, [node("asked", 2), node("a", 1), node("asked", 3)]);
        assert!(read_slots(vec![vec![text("first"), Value::Int(3), server(text("a"), 1)]], "").is_err());
    }

    #[test]
    fn the_most_common_answer_is_used() {
        assert_eq!(most_common(vec!["old", "new", "new"]), Some("new"));
        assert_eq!(most_common(vec!["new", "new", "old"]), Some("new"));
        assert_eq!(most_common::<&str>(Vec::new()), None);
    }
}
