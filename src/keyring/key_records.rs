//! Records by which a database recognises a key without being able to use it.

use super::{
    derive::{Keys, fingerprint},
    ring::Keyring,
};
use crate::domain::key::{KeyMark, KeyRecord};

impl Keyring {
    pub fn mark(&self) -> KeyMark {
        self.first.mark
    }

    /// Returns the records of all keys, beginning with the first key.
    pub fn records(&self) -> Vec<KeyRecord> {
        let record = |keys: &Keys| KeyRecord {
            mark: keys.mark,
            kid: keys.kid,
            fingerprint: fingerprint(&keys.fingerprint, keys.kid),
        };
        self.all().map(record).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_recognised_and_another_secret_with_its_id_is_another_key() {
        let (one, other) = (Keyring::generate(), Keyring::generate());
        let records = |text: &str| Keyring::parse(text).unwrap().records();
        assert_eq!(records(&one), records(&one));
        assert_ne!(records(&one)[0].fingerprint, records(&other)[0].fingerprint);
        let renamed = one.replacen('1', "2", 1);
        assert_ne!(records(&one)[0].mark, records(&renamed)[0].mark);
        let both = Keyring::parse(&format!("{renamed},{other}")).unwrap();
        assert_eq!(both.records().iter().map(|record| record.kid).collect::<Vec<_>>(), [2, 1]);
        assert_eq!(both.mark(), both.records()[0].mark);
    }
}
