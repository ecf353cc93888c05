mod terms;
mod trial;

pub use self::{
    terms::{DeleteTermRequest, PutTermRequest, TermList, TermsRequest},
    trial::{Assessed, MOST_TRIED},
};
