/// Longest request message in bytes: a comment of 5,000 graphemes fits several times.
pub const MAX_MESSAGE_BYTES: usize = 64 * 1024;

/// Longest message of health and reflection in bytes: a name.
pub const MAX_OPEN_MESSAGE_BYTES: usize = 4 * 1024;
