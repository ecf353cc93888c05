mod approve_pending;
mod mask;
mod service;
mod site;
