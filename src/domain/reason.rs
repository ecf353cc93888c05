//! Coded reasons of decisions, reports and bans.

named_enum! {
    /// Why a comment was rejected.
    Reason {
        OffTopic = "OFF_TOPIC",
        Insult = "INSULT",
        Hate = "HATE",
        SpamAd = "SPAM_AD",
        PersonalData = "PERSONAL_DATA",
        FalseInfo = "FALSE_INFO",
        Illegal = "ILLEGAL",
        Language = "LANGUAGE",
        Duplicate = "DUPLICATE",
        /// Set by the service only.
        Expired = "EXPIRED",
        /// The note says what.
        Other = "OTHER",
    }
}
