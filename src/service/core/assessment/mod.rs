mod assessor;
mod learned_models;
mod live_terms;

pub(in crate::service) use self::assessor::Assessor;
pub use self::learned_models::Learned;
