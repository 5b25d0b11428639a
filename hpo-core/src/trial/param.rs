//! Parameters as a storage numbers them.

use crate::space::Domain;

/// The number of a parameter in its study: names in order of their first appearance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ParamId(pub u32);

/// A parameter as the storage knows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Param {
    /// The dotted path.
    pub path: String,
    /// What it may be, as last declared.
    pub domain: Domain,
}
