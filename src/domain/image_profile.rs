//! Styles of captcha images.

named_enum! {
    /// The style of a captcha image. A network that was trained to read one style must be trained again for another.
    Profile {
        /// Black letters covered by dark strokes.
        Stroke = "STROKE",
        /// Outlined letters that touch each other.
        Outline = "OUTLINE",
        /// Letters in bands that alternate between black on white and white on black, crossed by thin inverted lines.
        Bands = "BANDS",
    }
}
