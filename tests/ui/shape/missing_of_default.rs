use hpo_core::SearchSpace;

struct Inner {
    rate: f64,
}

#[derive(SearchSpace)]
struct Config {
    #[search_space(default = Inner { rate: 0.5 })]
    inner: Inner,
}

fn main() {}
