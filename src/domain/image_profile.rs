//! Styles of captcha images.

named_enum! {
    /// The style of a captcha image. A network that was trained to read one style must be trained again for another.
    Profile {
        /// Black letters covered by dark strokes.
        Stroke = "STROKE",
        /// Outlined letters that touch each other.
        Outline = "OUTLINE",
        /// Letters behind a mesh of thin lines, which change from black on white to white on black.
        Bands = "BANDS",
    }
}
