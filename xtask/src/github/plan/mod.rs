//! What the GitHub commands decide, without the network: which run, which artifact, what may be unpacked, whether to
//! try again, whether a release is complete.

pub(crate) mod archive;
pub(crate) mod artifacts;
pub(crate) mod release;
pub(crate) mod retry;
pub(crate) mod runs;
