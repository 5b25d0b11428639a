use hpo_core::SearchSpace;

#[derive(SearchSpace)]
struct Config {
    dropout: Option<f64>,
}

fn main() {}
