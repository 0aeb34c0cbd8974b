//! One file per shell: all that `ddstask` knows of it, as pure functions from facts to plans.

pub(crate) mod electron;
pub(crate) mod icons;
pub(crate) mod make_icons;
pub(crate) mod packages;
pub(crate) mod positron;
pub(crate) mod tauri;
