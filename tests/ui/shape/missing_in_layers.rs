use hpo_core::SearchSpace;

#[derive(Clone)]
struct Inner {
    rate: f64,
}

#[derive(SearchSpace)]
struct Config {
    plain: Inner,
    optional: Option<Inner>,
    boxed: Box<Inner>,
    pair: [Inner; 2],
    #[search_space(len = 1..=3)]
    list: Vec<Inner>,
    #[search_space(default = Some(Inner { rate: 0.5 }))]
    preset: Option<Inner>,
}

fn main() {}
