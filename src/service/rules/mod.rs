mod terms;
mod trial;

pub(super) use self::terms::LiveTerms;
pub use self::{
    terms::{DeleteTermRequest, PutTermRequest, TermList, TermsRequest},
    trial::{Assessed, MOST_TRIED},
};
