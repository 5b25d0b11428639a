//! `constraint`: whether a config is feasible, or by how much it is not.

use hpo_core::SearchSpace;

#[derive(Debug, Clone, PartialEq, SearchSpace)]
#[search_space(constraint = Self::fits)]
struct Layer {
    #[search_space(range = 1..=10)]
    heads: u32,
    #[search_space(range = 1..=10)]
    width: u32,
}

impl Layer {
    fn fits(&self) -> bool {
        self.width.is_multiple_of(self.heads)
    }
}

fn layer(heads: u32, width: u32) -> Layer {
    Layer { heads, width }
}

fn excess(net: &Net) -> f64 {
    f64::from(net.first.width) - 8.0
}

#[derive(SearchSpace)]
#[search_space(constraint = excess)]
struct Net {
    first: Layer,
    #[search_space(len = 0..=3)]
    more: Vec<Layer>,
    maybe: Option<Layer>,
    pair: (Layer, [Layer; 1]),
}

#[derive(SearchSpace)]
enum Either {
    Plain,
    One(Layer),
    Two {
        layer: Box<Layer>,
        _flag: bool,
    },
    #[allow(dead_code)]
    Skipped {
        #[search_space(skip)]
        layer: u8,
        _flag: bool,
    },
}

#[test]
fn a_constraint_is_a_violation() {
    assert_eq!(
        [layer(2, 4).violation(), layer(3, 4).violation()].map(f64::to_bits),
        [0.0, 1.0].map(f64::to_bits)
    );
}

#[test]
fn violations_within_add_up() {
    let (good, bad) = (layer(1, 1), layer(2, 1));
    let net = |first, more, maybe, pair| Net { first, more, maybe, pair }.violation();
    let good_pair = || (good.clone(), [good.clone()]);
    let feasible = net(good.clone(), vec![], None, good_pair());
    assert!(feasible <= 0.0, "{feasible}");
    let only_own = net(layer(1, 10), vec![], None, good_pair());
    assert!((only_own - 2.0).abs() < 1e-12, "{only_own}");
    // Being well within the own constraint does not make up for what is wrong within.
    let nested = net(
        good.clone(),
        vec![bad.clone(), good.clone(), bad.clone()],
        Some(bad.clone()),
        (bad.clone(), [bad]),
    );
    assert!((nested - 5.0).abs() < 1e-12, "{nested}");
}

#[test]
fn of_the_active_variant() {
    assert!(Either::Plain.violation() <= 0.0);
    assert!(Either::One(layer(2, 1)).violation() > 0.0);
    assert!(Either::Two { layer: Box::new(layer(2, 1)), _flag: true }.violation() > 0.0);
    assert!(Either::Two { layer: Box::new(layer(1, 1)), _flag: true }.violation() <= 0.0);
}

#[derive(SearchSpace)]
struct Free {
    #[search_space(range = 0..=1)]
    _number: u8,
    _flag: Option<bool>,
}

#[derive(SearchSpace)]
enum Within<T> {
    #[allow(dead_code)]
    Some((Free, [Box<T>; 2])),
    None,
}

#[test]
fn a_type_knows_whether_some_config_may_break_a_constraint() {
    assert!(Layer::is_constrained() && Net::is_constrained() && Either::is_constrained());
    assert!(!Free::is_constrained() && !Within::<Free>::is_constrained());
    assert!(Within::<Layer>::is_constrained() && Option::<Layer>::is_constrained());
}

fn nan(_: &NotANumber) -> f64 {
    f64::NAN
}

#[derive(SearchSpace)]
#[search_space(constraint = nan)]
struct NotANumber;

#[test]
fn nan_is_infeasible() {
    assert!(NotANumber.violation() > f64::MAX);
}
