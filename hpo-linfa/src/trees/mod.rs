//! Trees on binned features: gradient boosting and forests, with gaps and categories as they are.
//!
//! Each number is replaced by one of up to 255 bins of about equal counts, so that the best split
//! of a node is found by a pass over histograms instead of sorted rows
//! ([Ke et al. 2017](https://papers.nips.cc/paper/2017/hash/6449f44a102fde848669bdd9eb6b76fa-Abstract.html),
//! whose leaf-wise growth and subtraction of histograms are used too). Gaps go to the side of a
//! split that suits them better ([Chen & Guestrin 2016](https://doi.org/10.1145/2939672.2939785)).
//! Categories are split into two sets, in the order of their mean gradients, which gives the best
//! two sets for squared errors ([Fisher 1958](https://doi.org/10.1080/01621459.1958.10501479)).
//!
//! The same rows and seed give the same trees.

mod bins;
mod boosting;
mod forest;
mod grow;
mod histogram;
mod loss;
mod rare;
mod split;
mod tree;

pub use boosting::{Boosted, Boosting};
pub use forest::{Forest, GrownForest, Thresholds};
pub use split::CategorySplits;
pub use tree::Tree;
