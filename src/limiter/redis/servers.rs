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

/// Number of hash tags that are tried to find one for a given server. It suffices for a server with 0.1 % of the slots.
const PROBE_TAGS: u32 = 20_000;
/// Number of slots of a cluster.
const SLOTS: usize = 16_384;
/// The checksum that maps a key to a slot of a cluster.
const CRC: crc::Crc<u16> = crc::Crc::<u16>::new(&crc::CRC_16_XMODEM);

/// The servers at one moment. They are only replaced as a whole: a lost or hanging connection, a replaced master and a
/// moved slot all make calls fail, and after a failed call the servers are probed and, if needed, discovered again.
pub(super) struct Servers {
    shards: Vec<Shard>,
    /// Every node of the cluster that was known at this moment. The next discovery asks these nodes too, because the
    /// configured ones may be gone.
    nodes: Vec<Node>,
    /// Whether the servers are a cluster, where the keys of one call must have the same hash tag.
    is_cluster: bool,
}

/// One master.
pub(super) struct Shard {
    /// The address without credentials, which may appear in logs.
    pub(super) address: String,
    pub(super) calls: CallQueue,
    /// The key that its probe writes, which lies in one of its slots.
    pub(super) probe: String,
    slots: Vec<RangeInclusive<u16>>,
}

impl Servers {
    /// Discovers the servers and connects to them. `known` are the cluster nodes of the last discovery.
    ///
    /// # Errors
    /// [`Unreachable`] with the reason why Redis cannot be used now.
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
            let too_few = || Unreachable::TooFewSlots { address: address.clone() };
            let probe = probe_key(&slots).ok_or_else(too_few)?;
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

    /// Returns the server that counts a subject, and whether other subjects may be counted in the same call.
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
    fn tags_are_mapped_to_the_same_slots_as_by_redis() {
        // The slots that `CLUSTER KEYSLOT` returns.
        for (tag, slot) in [("foo", 12_182), ("123456789", 12_739)] {
            assert!(serves(&[slot..=slot], tag), "{tag}");
            assert!(!serves(&[0..=slot - 1, slot + 1..=16_383], tag), "{tag}");
        }
    }

    #[test]
    fn every_master_has_its_own_probe_key() {
        for first in (0..16_384).step_by(64) {
            let slots = [first..=first + 63];
            let key = probe_key(&slots).unwrap();
            assert!(serves(&slots, key.trim_start_matches("rl:{").trim_end_matches('}')));
        }
    }
}
