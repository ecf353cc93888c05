//! How images may look.

named_enum! {
    /// A style of images. A network that reads one must be trained again for the next.
    Profile {
        /// Black letters under dark strokes.
        Stroke = "STROKE",
        /// Hollow letters that lean on each other.
        Outline = "OUTLINE",
        /// Letters that turn from black on white to white on black, through a mesh of thin lines.
        Bands = "BANDS",
    }
}
