use hpo_core::SearchSpace;

#[derive(SearchSpace)]
struct Config {
    learning_rate: f64,
}

fn main() {}
