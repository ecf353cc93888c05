//! Moderation modes of articles.

named_enum! {
    /// The moderation mode of an article.
    Mode {
        /// Pre-moderation: every comment waits for a moderator.
        Pre = "PRE",
        /// Post-moderation: comments are published at once unless they look like spam.
        Post = "POST",
        /// The spam score decides whether a comment is published, held or marked as spam.
        Hybrid = "HYBRID",
        /// Comments are shown, new ones are not accepted.
        Closed = "CLOSED",
        /// Comments are not shown, new ones are not accepted.
        Hidden = "HIDDEN",
    }
}
