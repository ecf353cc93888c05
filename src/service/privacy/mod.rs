mod clean_log;
mod erasure;
mod export;
mod reveal;
mod service;
mod withdraw;

pub(super) use self::erasure::WORKING;
pub use self::{
    erasure::{EraseRequest, Erased},
    export::{Export, ExportItem, Person},
    reveal::RevealRequest,
    service::Privacy,
    withdraw::WithdrawRequest,
};
