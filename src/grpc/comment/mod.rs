pub(super) mod list;
mod report;
mod service;
