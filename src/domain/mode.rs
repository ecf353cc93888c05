//! What happens to comments of an article.

named_enum! {
    /// What happens to comments of an article.
    Mode {
        /// Every comment waits.
        Pre = "PRE",
        /// Comments appear at once unless they look bad.
        Post = "POST",
        /// By spam score.
        Hybrid = "HYBRID",
        /// Readable, takes none.
        Closed = "CLOSED",
        /// Shows none, takes none.
        Hidden = "HIDDEN",
    }
}
