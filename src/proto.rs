//! Generated code of `proto/duyet/v1`, nothing by hand but the modules around it.

/// Package `duyet.v1`.
#[expect(clippy::pedantic, clippy::allow_attributes, reason = "generated")]
pub mod v1 {
    tonic::include_proto!("duyet.v1");
}

/// The encoded `FileDescriptorSet` of the package, for reflection and for the role table's test.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/duyet.v1.bin"));
