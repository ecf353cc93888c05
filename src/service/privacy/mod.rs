mod erasure;
mod export;
mod reveal;
mod withdraw;

pub use self::{
    erasure::{EraseRequest, Erased},
    export::{Export, ExportItem, Person},
    reveal::RevealRequest,
    withdraw::WithdrawRequest,
};
