//! Binary format of a stored model. It is compact and exact, and decoding fails for another feature version.

use chrono::{DateTime, Utc};
use crc::{CRC_32_ISO_HDLC, Crc};

use super::{
    calibration::{Calibration, Said},
    features,
    model::{BITS, Model, RECENT, Slot},
};
use crate::domain::{Error, Result};

/// Metadata of a stored model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ModelHead {
    /// Version of the model. It starts at 1, and each training adds 1.
    pub version: i64,
    /// Time from which the audit entries were read.
    pub log_start: DateTime<Utc>,
    /// Number of audit entries since `log_start`.
    pub log_size: i64,
    /// Number of lessons learned.
    pub decisions: i64,
    /// Digest of those lessons, see [`super::lessons::Lessons::digest`].
    pub digest: [u8; 32],
    pub made_at: DateTime<Utc>,
}

/// First bytes of the format. The digit changes with the layout.
const MARK: &[u8; 4] = b"DYM2";

/// Checksum at the end. Without it, a truncated model could decode as a smaller one.
const CHECKSUM: Crc<u32> = Crc::<u32>::new(&CRC_32_ISO_HDLC);

impl Model {
    /// Encodes the whole model. Unused slots take no bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = MARK.to_vec();
        bytes.extend(features::VERSION.to_le_bytes());
        bytes.extend(BITS.to_le_bytes());
        for number in [self.bias, self.bias_gradient, self.calibration.slope, self.calibration.shift] {
            bytes.extend(number.to_le_bytes());
        }
        put(&mut bytes, self.ham);
        put(&mut bytes, self.spam);
        put(&mut bytes, self.said.len() as u64);
        for (margin, is_spam) in &self.said {
            bytes.extend(margin.to_le_bytes());
            bytes.push(u8::from(*is_spam));
        }
        let mut last = 0;
        for (at, slot) in self.slots.iter().enumerate().filter(|(_, slot)| **slot != Slot::default()) {
            put(&mut bytes, (at - last) as u64);
            last = at;
            bytes.extend(slot.weight.to_le_bytes());
            bytes.extend(slot.gradient.to_le_bytes());
            put(&mut bytes, u64::from(slot.ham));
            put(&mut bytes, u64::from(slot.spam));
        }
        sealed(bytes)
    }

    /// Decodes a model.
    ///
    /// # Errors
    /// [`Error::Internal`] for bytes that this version did not write: another feature version, truncated, or another
    /// layout.
    pub fn decode(bytes: &[u8]) -> Result<Self> {
        let body = bytes.split_last_chunk().filter(|(body, sum)| CHECKSUM.checksum(body).to_le_bytes() == **sum);
        let model = body.and_then(|(body, _)| Self::read(&mut ByteReader(body)));
        model.ok_or_else(|| Error::internal("a stored spam model has another version or is damaged"))
    }

    fn read(reader: &mut ByteReader<'_>) -> Option<Self> {
        let same_layout = reader.take()? == *MARK;
        let same_features = i32::from_le_bytes(reader.take()?) == features::VERSION;
        let same_size = u32::from_le_bytes(reader.take()?) == BITS;
        if !(same_layout && same_features && same_size) {
            return None;
        }
        let mut model = Self { bias: reader.number()?, bias_gradient: reader.number()?, ..Self::default() };
        model.calibration = Calibration { slope: reader.number()?, shift: reader.number()? };
        (model.ham, model.spam) = (reader.count()?, reader.count()?);
        let said = usize::try_from(reader.count()?).ok().filter(|said| *said <= RECENT)?;
        model.said = (0..said).map(|_| reader.said()).collect::<Option<_>>()?;
        let mut at = 0_usize;
        while !reader.0.is_empty() {
            at = at.checked_add(usize::try_from(reader.count()?).ok()?)?;
            *model.slots.get_mut(at)? = reader.slot()?;
        }
        Some(model)
    }
}

/// Appends the checksum.
fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.extend(CHECKSUM.checksum(&bytes).to_le_bytes());
    bytes
}

/// Appends a number as a varint (LEB128): seven bits per byte, the lowest first.
fn put(bytes: &mut Vec<u8>, mut count: u64) {
    loop {
        let [low, ..] = (count & 0x7f).to_le_bytes();
        count >>= 7;
        bytes.push(if count > 0 { low | 0x80 } else { low });
        if count == 0 {
            return;
        }
    }
}

struct ByteReader<'a>(&'a [u8]);

impl ByteReader<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*taken)
    }

    fn number(&mut self) -> Option<f64> {
        Some(f64::from_le_bytes(self.take()?)).filter(|number| number.is_finite())
    }

    fn count(&mut self) -> Option<u64> {
        let mut count = 0;
        for shift in (0..64).step_by(7) {
            let [byte] = self.take()?;
            count |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(count);
            }
        }
        None
    }

    fn said(&mut self) -> Option<Said> {
        let margin = self.number()?;
        let [is_spam] = self.take()?;
        Some((margin, is_spam != 0))
    }

    fn slot(&mut self) -> Option<Slot> {
        let (weight, gradient) = (f32::from_le_bytes(self.take()?), f32::from_le_bytes(self.take()?));
        let (ham, spam) = (u32::try_from(self.count()?).ok()?, u32::try_from(self.count()?).ok()?);
        Some(Slot { weight, gradient, ham, spam }).filter(|_| weight.is_finite() && gradient.is_finite())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decoding_fails_for_other_formats() {
        let good = Model::default().encode();
        assert!(Model::decode(&good).unwrap() == Model::default());
        let body = good[..good.len() - 4].to_vec();
        let mut other_layout = body.clone();
        other_layout[3] ^= 1;
        let mut other_features = body.clone();
        other_features[4] ^= 1;
        let mut beyond_the_table = body.clone();
        beyond_the_table.extend([0xff, 0xff, 0xff, 0x7f, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1]);
        let not_a_number = [&body[..12], &f64::NAN.to_le_bytes(), &body[20..]].concat();
        let cut = body[..body.len() - 1].to_vec();
        for bytes in [b"DYM2".to_vec(), cut, other_layout, other_features, beyond_the_table, not_a_number] {
            assert!(Model::decode(&sealed(bytes.clone())).is_err(), "{} bytes", bytes.len());
        }
        for bytes in [&[][..], b"DYM", &body, &good[..good.len() - 1]] {
            assert!(Model::decode(bytes).is_err(), "{} bytes", bytes.len());
        }
    }

    #[test]
    fn counts_of_any_size_are_restored() {
        for count in [0, 1, 127, 128, 300, u64::from(u32::MAX), u64::MAX] {
            let mut bytes = Vec::new();
            put(&mut bytes, count);
            assert_eq!(ByteReader(&bytes).count(), Some(count));
        }
    }
}
