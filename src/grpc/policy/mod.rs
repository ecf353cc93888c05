mod approve_pending;
mod articles;
mod mask;
mod service;
mod site;

pub(super) use self::service::PolicyGrpc;
