//! Connections to every Redis server that counts, with the slots and the clock of each.

use std::ops::RangeInclusive;

use futures_util::future::try_join_all;
use redis::ConnectionInfo;

use super::{
    call_queue::CallQueue,
    connection::open,
    discovery::{Node, Range, ask_cluster, ask_sentinels},
    topology::{Topology, at},
};
use crate::limiter::error::Unreachable;

/// How many hash tags are tried to find one on a given server: enough for one that has 0.1 % of the slots.
const PROBE_TAGS: u32 = 20_000;
/// Every slot of a cluster.
const SLOTS: usize = 16_384;
/// What a cluster hashes keys by.
const CRC: crc::Crc<u16> = crc::Crc::<u16>::new(&crc::CRC_16_XMODEM);

/// The servers of one moment. They are never mended, only replaced as a whole: a connection that is lost or hangs, a
/// master that was replaced and a slot that moved all show as failures, and each failure has the servers asked anew.
pub(super) struct Servers {
    shards: Vec<Shard>,
    /// Every node of a cluster that was known at this moment, to ask when the configured ones are gone.
    nodes: Vec<Node>,
    /// Keys of different hash tags must not meet in one call.
    is_cluster: bool,
}

/// One master.
pub(super) struct Shard {
    /// For logs.
    pub(super) address: String,
    pub(super) calls: CallQueue,
    /// A key of its own that it serves.
    pub(super) probe: String,
    slots: Vec<RangeInclusive<u16>>,
}

impl Servers {
    /// Finds the servers and connects to them. `known` are the nodes of the last time.
    ///
    /// # Errors
    /// Why there is no use in Redis now, without secrets.
    pub(super) async fn connect(topology: &Topology, known: &[Node]) -> Result<Self, Unreachable> {
        match topology {
            Topology::Standalone(server) => Self::single(server).await,
            Topology::Sentinel { sentinels, service, master } => {
                let (host, port) = ask_sentinels(sentinels, service, master).await?;
                Self::single(&at(master, &host, port)).await
            }
            Topology::Cluster { seeds } => {
                let (ranges, nodes) = ask_cluster(seeds, known).await?;
                Self::cluster(&seeds[0], ranges, nodes).await
            }
        }
    }

    async fn single(server: &ConnectionInfo) -> Result<Self, Unreachable> {
        let calls = CallQueue::new(open(server).await?);
        let (address, probe) = (server.addr().to_string(), "rl:{probe}".to_owned());
        let shard = Shard { address, calls, probe, slots: Vec::new() };
        Ok(Self { shards: vec![shard], nodes: Vec::new(), is_cluster: false })
    }

    async fn cluster(template: &ConnectionInfo, ranges: Vec<Range>, nodes: Vec<Node>) -> Result<Self, Unreachable> {
        if ranges.iter().map(|range| range.slots.len()).sum::<usize>() < SLOTS {
            return Err(Unreachable::SlotsWithoutMaster);
        }
        let mut masters: Vec<(Node, Vec<RangeInclusive<u16>>)> = Vec::new();
        for Range { slots, master } in ranges {
            match masters.iter_mut().find(|(known, _)| *known == master) {
                Some((_, more)) => more.push(slots),
                None => masters.push((master, vec![slots])),
            }
        }
        let connect = async |((host, port), slots): (Node, Vec<RangeInclusive<u16>>)| {
            let address = format!("{host}:{port}");
            let connection = open(&at(template, &host, port)).await;
            let connection = connection.map_err(|error| Unreachable::Server { address: address.clone(), error })?;
            let hardly_any = || Unreachable::HardlyAnySlots { address: address.clone() };
            let probe = probe_key(&slots).ok_or_else(hardly_any)?;
            Ok::<_, Unreachable>(Shard { address, calls: CallQueue::new(connection), probe, slots })
        };
        let shards = try_join_all(masters.into_iter().map(connect)).await?;
        Ok(Self { shards, nodes, is_cluster: true })
    }

    pub(super) fn shards(&self) -> &[Shard] {
        &self.shards
    }

    pub(super) fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The server that counts a subject, and whether other subjects may be counted in the same call.
    pub(super) fn shard_of(&self, subject: &str) -> Option<(&Shard, bool)> {
        let mut shards = self.shards.iter();
        let shard = if self.is_cluster { shards.find(|shard| serves(&shard.slots, subject)) } else { shards.next() };
        shard.map(|shard| (shard, !self.is_cluster))
    }
}

fn probe_key(slots: &[RangeInclusive<u16>]) -> Option<String> {
    let tag = (0..PROBE_TAGS).map(|number| format!("probe/{number}")).find(|tag| serves(slots, tag))?;
    Some(format!("rl:{{{tag}}}"))
}

fn serves(slots: &[RangeInclusive<u16>], tag: &str) -> bool {
    let slot = CRC.checksum(tag.as_bytes()) % 16_384;
    slots.iter().any(|range| range.contains(&slot))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_fall_into_the_slots_that_redis_gives_them() {
        // As `CLUSTER KEYSLOT` answers.
        for (tag, slot) in [("foo", 12_182), ("123456789", 12_739)] {
            assert!(serves(&[slot..=slot], tag), "{tag}");
            assert!(!serves(&[0..=slot - 1, slot + 1..=16_383], tag), "{tag}");
        }
    }

    #[test]
    fn every_master_has_a_probe_of_its_own() {
        for first in (0..16_384).step_by(64) {
            let slots = [first..=first + 63];
            let key = probe_key(&slots).unwrap();
            assert!(serves(&slots, key.trim_start_matches("rl:{").trim_end_matches('}')));
        }
    }
}
