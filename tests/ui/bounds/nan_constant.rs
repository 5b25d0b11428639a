use hpo_core::SearchSpace;

const LOW: f64 = 0.0 / 0.0;
#[derive(SearchSpace)]
struct Config {
    #[search_space(range = LOW..=1.0)]
    number: f64,
}

fn main() {}
