//! Coded reasons of decisions, reports and bans.

named_enum! {
    /// The reason of a rejection, report or ban.
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
        /// Set by the service only, when a pending comment expires.
        Expired = "EXPIRED",
        /// Any other reason, which the note explains.
        Other = "OTHER",
    }
}
