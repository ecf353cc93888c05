//! `duyet triage`, the full-screen review by keyboard: `state` decides, `view` draws, `keys` maps keys, `runner` calls
//! the service, and `session` connects them.

mod ban_form;
mod counts;
mod event;
mod held;
mod input_mode;
mod keys;
mod message;
mod outbox;
mod runner;
mod screen;
mod session;
mod state;
#[cfg(test)]
mod tests;
mod text_input;
mod view;

pub(super) use session::run;
