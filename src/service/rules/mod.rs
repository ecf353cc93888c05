mod service;
mod terms;
mod trial;

pub use self::{
    service::Rules,
    terms::{DeleteTermRequest, PutTermRequest, TermList, TermsRequest},
    trial::{Assessed, MOST_TRIED},
};
