/// Largest request message in bytes. The longest comment that can be configured (5,000 grapheme clusters) fits several
/// times.
pub const MAX_MESSAGE_BYTES: usize = 64 * 1024;

/// Largest request message of the health and reflection services in bytes. It contains only a name.
pub const MAX_OPEN_MESSAGE_BYTES: usize = 4 * 1024;
