//! The view, drawn from the state alone.

mod case;
mod draw;
mod facts;
mod footer;
mod header;
mod marked;
mod palette;
mod panes;
mod scene;
mod scroll;
#[cfg(test)]
mod tests;
mod wrap;

pub(super) use draw::draw;
pub(super) use palette::Palette;
pub(super) use scene::Scene;
